/** What a person sees of a device. */
export const deviceStates = ['unknown', 'online', 'late', 'stale', 'offline', 'frozen', 'disabled'] as const

export type DeviceState = (typeof deviceStates)[number]

/**
 * The connection's own clock. `up`: connected. `closed`: the device said goodbye itself, or its connections always end with
 * their message, as a sleeping sensor's do. `lost`: it went without goodbye (Will, keepalive, dead socket). `unknown`: never seen, or we
 * were the ones who went away.
 */
export const linkStates = ['unknown', 'up', 'closed', 'lost'] as const

export type LinkState = (typeof linkStates)[number]

/**
 * Why a device is in its state. `no-data`: older than its limit. `clock-behind`: it sends, with a time that is far back. `said-…`: its own
 * word on its status topic.
 */
export const stateReasons = [
  'never-heard',
  'flapping',
  'same-values',
  'registry',
  'maintenance',
  'said-disabled',
  'said-offline',
  'link-lost',
  'no-data',
  'clock-behind',
] as const
export type StateReason = (typeof stateReasons)[number]

/** Why a device was in a state. `not-watched`: nobody could hear it, since our side did not run, or nothing was kept yet. */
export const stateCauses = [...stateReasons, 'not-watched'] as const
export type StateCause = (typeof stateCauses)[number]

/** Seconds between two readings of a device whose profile is not known (any more). */
export const defaultExpectedS = 60
