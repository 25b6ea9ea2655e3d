import type { CommandArg, CommandSpec } from '../../../contract/command.ts'

/** What stands in the fields of a form, as it was typed; a switch is `true` or `false`. */
export type ArgFields = Readonly<Record<string, string>>

/** The arguments of a command that its profile names; `undefined`: it takes none, or none was given. */
export function argsOf({ args = [] }: CommandSpec, fields: ArgFields): Record<string, unknown> | undefined {
  const given = args.filter(({ name, type }) => type === 'switch' || (fields[name] ?? '') !== '')
  if (given.length === 0) return undefined
  return Object.fromEntries(given.map((arg) => [arg.name, typedValue(arg, fields[arg.name] ?? '')]))
}

function typedValue({ type }: CommandArg, typed: string): unknown {
  if (type === 'switch') return typed === 'true'
  return type === 'number' ? Number(typed) : typed
}

/** JSON that somebody typed; nothing typed is no arguments. */
export function parseTypedArgs(typed: string): { args: unknown } | undefined {
  if (typed.trim() === '') return { args: undefined }
  try {
    return { args: JSON.parse(typed) as unknown }
  } catch {
    return undefined
  }
}

/** How long a command may take, to choose from; seconds. */
export const commandLives = [60, 300, 3600, 86_400, 604_800] as const
