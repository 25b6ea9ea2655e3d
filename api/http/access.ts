import type { Role } from '../../contract/roles.ts'

/** Roles that a route admits. `opd` sees nothing before its own pages exist. */
export const viewers = ['wall', 'operator', 'supervisor', 'admin', 'auditor'] as const satisfies readonly Role[]
/** Addresses and names of strangers are nothing for a wall that everybody sees. */
export const consoleViewers = ['operator', 'supervisor', 'admin', 'auditor'] as const satisfies readonly Role[]
export const everyone = [...viewers, 'opd'] as const satisfies readonly Role[]
export const deviceKeepers = ['admin'] as const satisfies readonly Role[]
export const menders = ['supervisor', 'admin'] as const satisfies readonly Role[]
/** The audit holds names of people: nobody else reads it. */
export const auditReaders = ['auditor', 'admin'] as const satisfies readonly Role[]
/** People, not walls: the pages of the console. */
export const consolePeople = ['operator', 'supervisor', 'admin', 'auditor'] as const satisfies readonly Role[]
export const keyKeepers = ['admin'] as const satisfies readonly Role[]

export const v1 = '/api/v1'
