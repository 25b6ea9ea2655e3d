/** Words only, without zod: pages take them too, and carry no schemas for it. */

export const roles = ['wall', 'operator', 'supervisor', 'admin', 'auditor', 'opd'] as const
export type Role = (typeof roles)[number]

/**
 * What a machine or a display may be. Never admin: what nobody types cannot ask for a second factor. A `service` listens over
 * MQTT and has no right over HTTP, so it is no role of a person.
 */
export const tokenRoles = ['wall', 'operator', 'auditor', 'service'] as const satisfies readonly (Role | 'service')[]
export type TokenRole = (typeof tokenRoles)[number]
