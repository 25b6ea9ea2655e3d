/** Commands to devices: words only, without zod, since pages take them too. */

export const commandStates = [
  'waiting-approval',
  'waiting',
  'sent',
  'done',
  'failed',
  'expired',
  'rejected',
  'cancelled',
] as const
export type CommandState = (typeof commandStates)[number]

/** Something may still become of them by themselves: they take room, and end with their time. */
export const openCommandStates = ['waiting-approval', 'waiting', 'sent'] as const satisfies readonly CommandState[]

export function isOpenCommand(state: CommandState): boolean {
  return openCommandStates.some((open) => open === state)
}

/** As a device is called by it: `reboot`, `set-interval`. */
export const commandNamePattern = /^[a-z0-9][a-z0-9_.-]{0,63}$/

export const commandLimits = {
  /** Bytes of the arguments, as JSON in UTF-8. */
  argsBytes: 4096,
  /** How long a command may be carried out, seconds since it was made. */
  expiresS: { least: 5, usual: 300, most: 7 * 86_400 },
  /** Open ones. */
  openOfDevice: 20,
  openInAll: 2000,
  /** Closed ones that are kept of a device, the newest, and for how long. */
  keptOfDevice: 1000,
  keptMs: 90 * 86_400_000,
  /** Characters of what a device says went wrong. */
  errorChars: 500,
} as const

interface Named {
  label: { id: string; en: string }
}

/** One argument of a command, as a field of a form. */
export type CommandArg = Named & { name: string; optional?: true } & (
    | { type: 'number'; min: number; max: number; whole?: true; unit?: string }
    | { type: 'switch' }
    | { type: 'text'; maxChars: number }
  )

/** A command that devices of a profile know. */
export interface CommandSpec extends Named {
  /** It can do harm or cut the device off: a second person has to agree. */
  dangerous?: true
  /** None: it takes no arguments. */
  args?: readonly CommandArg[]
}

export type CommandSpecs = Readonly<Record<string, CommandSpec>>

/** What most devices know, whatever they are. */
export const commonCommands: CommandSpecs = {
  report: { label: { id: 'Kirim data sekarang', en: 'Report now' } },
  'set-interval': {
    label: { id: 'Atur jeda kirim', en: 'Set reporting interval' },
    args: [
      {
        name: 'interval_s',
        label: { id: 'Jeda', en: 'Interval' },
        type: 'number',
        min: 1,
        max: 86_400,
        whole: true,
        unit: 's',
      },
    ],
  },
  reboot: { label: { id: 'Mulai ulang', en: 'Reboot' }, dangerous: true },
}

/** What devices of a profile know, by name; its own before those of all. */
export function commandsOf(profile: { commands?: CommandSpecs } | undefined): CommandSpecs {
  return { ...profile?.commands, ...commonCommands }
}
