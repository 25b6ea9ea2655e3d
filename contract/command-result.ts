import { z } from 'zod'
import { commandLimits } from './command.ts'

/** What a device says became of a command: the payload of its `command-result`. */
export interface CommandOutcome {
  /** Of the command, as the device had it. */
  id: string
  ok: boolean
  error: string | null
}

const outcomeSchema = z.object({
  id: z.string().min(1).max(64),
  ok: z.boolean(),
  error: z.unknown().optional(),
})

/** Controls, halves of characters, separators of lines and what turns the direction of text (UAX #9). */
const unfit = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/** `undefined`: it answers no command, and is an event like any other. What is no text is told as JSON. */
export function commandOutcomeOf(payload: unknown): CommandOutcome | undefined {
  const parsed = outcomeSchema.safeParse(payload)
  if (!parsed.success) return undefined
  const { id, ok, error } = parsed.data
  return { id, ok, error: error === undefined || error === null ? null : harmlessText(error) }
}

/** The same of a payload as it came. */
export function commandOutcomeIn(payload: string): CommandOutcome | undefined {
  try {
    return commandOutcomeOf(JSON.parse(payload))
  } catch {
    return undefined
  }
}

function harmlessText(said: unknown): string {
  const text = typeof said === 'string' ? said : JSON.stringify(said)
  return text
    .slice(0, commandLimits.errorChars + 1)
    .replaceAll(unfit, '?')
    .slice(0, commandLimits.errorChars)
    .toWellFormed()
}
