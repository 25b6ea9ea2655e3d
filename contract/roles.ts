/** Words only, without zod: pages take them too, and carry no schemas for it. */

export const roles = ['wall', 'operator', 'supervisor', 'admin', 'auditor', 'opd'] as const
export type Role = (typeof roles)[number]

/** What a machine or a display may be. Never admin: what nobody types cannot ask for a second factor. */
export const tokenRoles = ['wall', 'operator', 'auditor'] as const satisfies readonly Role[]
export type TokenRole = (typeof tokenRoles)[number]
