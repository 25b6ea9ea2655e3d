import type { Role } from './roles.ts'

/** Who may do what: routes admit by this table, and pages show by it. `opd` sees nothing before its own pages exist. */
export const abilities = {
  /** Its own session, and what says nothing of the city's devices: profiles, the map's still layers. */
  signedIn: ['wall', 'operator', 'supervisor', 'admin', 'auditor', 'opd'],
  /** The present city and its history. */
  view: ['wall', 'operator', 'supervisor', 'admin', 'auditor'],
  /** Pages of the console, for people. Addresses and names of strangers are nothing for a wall that everybody sees. */
  console: ['operator', 'supervisor', 'admin', 'auditor'],
  editDevices: ['admin'],
  /** Displays, and the walls that they make. */
  editDisplays: ['admin'],
  editMaintenance: ['supervisor', 'admin'],
  /** To tell devices what to do, and to agree to what somebody else wants to tell them. */
  command: ['operator', 'supervisor', 'admin'],
  /** A reading by hand, of a person: no token has it, whatever its role. */
  enterReadings: ['operator', 'supervisor', 'admin'],
  retryQuarantine: ['supervisor', 'admin'],
  tokens: ['admin'],
  /** It holds names of people: nobody else reads it. */
  audit: ['auditor', 'admin'],
  /** To say how its own page is, and to renew its identity. */
  ownDisplay: ['wall'],
} as const satisfies Record<string, readonly Role[]>

export type Ability = keyof typeof abilities

export function isAble(role: Role, ability: Ability): boolean {
  const allowed: readonly Role[] = abilities[ability]
  return allowed.includes(role)
}
