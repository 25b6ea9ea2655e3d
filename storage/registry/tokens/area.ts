import type { ServiceStore } from '../../../contract/ports/credentials.ts'
import type { Area } from '../area.ts'
import { createServiceStore } from './service-store.ts'
import { type TokenTables, tokenMigrations } from './tables.ts'
import { createTokenProof, createTokens, type TokenProof, type Tokens } from './tokens.ts'

interface TokenMembers {
  tokenProof: TokenProof
  /** As the broker asks. */
  services: ServiceStore
}

export const tokensArea: Area<TokenTables, { tokens: Tokens }, TokenMembers> = {
  migrations: tokenMigrations,
  open: ({ db, pepper, now, changes, settings: { topicRoot } }) => ({
    writers: ({ note }) => ({
      tokens: createTokens({ db, pepper, note, now, topicRoot, wrote: changes.wroteHere }),
    }),
    members: {
      tokenProof: createTokenProof({ db, pepper, now }),
      services: createServiceStore({ db, pepper, now, watch: changes.watchAll }),
    },
  }),
}
