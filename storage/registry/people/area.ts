import type { Area } from '../area.ts'
import { cityWordsOf } from './common-passwords.ts'
import { createPasswords } from './passwords.ts'
import { createPeople, type People } from './people.ts'
import {
  createSecondFactorProof,
  createSecondFactors,
  type SecondFactorProof,
  type SecondFactors,
} from './second-factors.ts'
import { createLoginLinks, createSessions, type LoginLinks, type Sessions } from './sessions.ts'
import { type PeopleTables, peopleMigrations } from './tables.ts'

interface PeopleWriters {
  people: People
  secondFactors: SecondFactors
}

interface PeopleMembers {
  sessions: Sessions
  loginLinks: LoginLinks
  secondFactorProof: SecondFactorProof
}

export const peopleArea: Area<PeopleTables, PeopleWriters, PeopleMembers> = {
  migrations: peopleMigrations,
  open({ db, pepper, audit, now, settings: { city } }) {
    const passwords = createPasswords()
    const cityWords = cityWordsOf(city.names)
    return {
      writers: ({ note }) => ({
        people: createPeople({ db, passwords, cityWords, note, now }),
        secondFactors: createSecondFactors({ db, pepper, issuer: city.brand, note, now }),
      }),
      members: {
        sessions: createSessions({ db, audit, now }),
        loginLinks: createLoginLinks({ db, now }),
        secondFactorProof: createSecondFactorProof({ db, pepper, now }),
      },
    }
  },
}
