import type { Area } from '../area.ts'
import { type TokenTables, tokenMigrations } from './tables.ts'
import { createTokenProof, createTokens, type TokenProof, type Tokens } from './tokens.ts'

export const tokensArea: Area<TokenTables, { tokens: Tokens }, { tokenProof: TokenProof }> = {
  migrations: tokenMigrations,
  open: ({ db, pepper, now }) => ({
    writers: ({ note }) => ({ tokens: createTokens({ db, pepper, note, now }) }),
    members: { tokenProof: createTokenProof({ db, pepper, now }) },
  }),
}
