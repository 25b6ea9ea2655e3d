import { z } from 'zod'
import {
  type CommandArg,
  type CommandSpec,
  commandLimits,
  commandNamePattern,
  commandStates,
  openCommandStates,
} from '../command.ts'
import { deviceIdSchema } from '../topics.ts'
import { pageSize, time } from './fields.ts'

/** Commands to devices: who asked for what, who agreed, what became of it. */

const { argsBytes, expiresS } = commandLimits

export const commandNameSchema = z.string().regex(commandNamePattern)

export const newCommandSchema = z
  .strictObject({
    name: commandNameSchema.meta({ description: 'One of the device’s profile, or any other that the device knows' }),
    args: z
      .unknown()
      .optional()
      .refine(
        (args) => args === undefined || bytesOf(JSON.stringify(args)) <= argsBytes,
        `at most ${argsBytes} bytes of JSON`,
      )
      .meta({
        description: `Any JSON of ${argsBytes} bytes; an object with fields for a command of the profile`,
        'x-maxBytes': argsBytes,
      }),
    expiresS: z.int().min(expiresS.least).max(expiresS.most).default(expiresS.usual).meta({
      description: 'Seconds from now on; behind it the command is not sent any more. Waiting for approval counts too',
    }),
  })
  .meta({ id: 'NewCommand' })
export type NewCommand = z.output<typeof newCommandSchema>

/** In UTF-8; text of `JSON.stringify`, which has no half characters. */
function bytesOf(text: string): number {
  return encodeURIComponent(text).replaceAll(/%../g, ' ').length
}

/** Nobody guesses one, and none comes twice, also when the registry was restored from a backup. */
export const commandIdSchema = z.string().regex(/^[0-9a-f]{16}$/)

const who = z.string().nullable().meta({ description: 'As the audit names them: user:siti' })

export const commandSchema = z
  .object({
    id: commandIdSchema,
    deviceId: deviceIdSchema,
    name: commandNameSchema,
    args: z.unknown().optional(),
    dangerous: z.boolean().meta({ description: 'It waits for a second person' }),
    state: z.enum(commandStates).meta({
      description:
        'sent: the device’s MQTT client has it; done, failed: the device said so; expired: its time was over before that',
    }),
    createdBy: z.string(),
    createdAt: time,
    expiresAt: time,
    approvedBy: who,
    approvedAt: time.nullable(),
    endedBy: who.meta({ description: 'Who rejected or cancelled it' }),
    endedAt: time.nullable(),
    offeredAt: time.nullable().meta({ description: 'Since then it may be on its way to the device' }),
    sentAt: time.nullable(),
    acknowledged: z.boolean().nullable().meta({
      description: 'false: the device listens with QoS 0, and nobody knows whether it arrived; null: not sent yet',
    }),
    answeredAt: time.nullable().meta({ description: 'Later than `expiresAt`: a late answer' }),
    error: z.string().nullable().meta({ description: 'The device’s own words' }),
  })
  .meta({ id: 'Command' })
export type Command = z.infer<typeof commandSchema>

const page = {
  limit: pageSize(200, 50),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
}
export const deviceCommandsQuerySchema = z.object(page)
export const commandsQuerySchema = z.object({
  state: z
    .enum(['open', ...commandStates])
    .default('open')
    .meta({ description: `open: ${openCommandStates.join(', ')}` }),
  ...page,
})
export const commandListSchema = z.object({
  items: z.array(commandSchema).meta({ description: 'Newest first' }),
  nextCursor: z.string().nullable(),
})
export type CommandList = z.infer<typeof commandListSchema>

const label = z.object({ id: z.string(), en: z.string() })

/** A command of a profile, as the API tells it. */
export const commandSpecSchema = z
  .object({
    name: commandNameSchema,
    label,
    dangerous: z.boolean(),
    args: z.array(
      z.object({
        name: z.string(),
        label,
        optional: z.boolean(),
        type: z.enum(['number', 'switch', 'text']),
        min: z.number().optional(),
        max: z.number().optional(),
        whole: z.boolean().optional(),
        unit: z.string().optional(),
        maxChars: z.int().optional(),
      }),
    ),
  })
  .meta({ id: 'CommandSpec' })

/** What a command of a profile takes; nothing at all where it has no arguments. */
export function commandArgsSchema({ args = [] }: CommandSpec): z.ZodType {
  const fields = z.strictObject(Object.fromEntries(args.map((arg) => [arg.name, fieldOf(arg)])))
  return args.every(({ optional }) => optional === true) ? fields.optional() : fields
}

function fieldOf(arg: CommandArg): z.ZodType {
  const field = shapeOf(arg)
  return arg.optional === true ? field.optional() : field
}

function shapeOf(arg: CommandArg): z.ZodType {
  switch (arg.type) {
    case 'number':
      return (arg.whole === true ? z.int() : z.number()).min(arg.min).max(arg.max)
    case 'switch':
      return z.boolean()
    case 'text':
      return z.string().min(1).max(arg.maxChars)
  }
}
