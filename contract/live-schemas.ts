import { z } from 'zod'
import { commandSchema } from './http/commands.ts'
import { deviceViewSchema } from './http/devices.ts'
import { displayReportSchema, displaySchema } from './http/displays.ts'
import { latitude, longitude, time } from './http/fields.ts'
import { pipelineSchema } from './http/pipeline.ts'
import { problemSchema } from './http/problem.ts'
import { wallSchema } from './http/walls.ts'
import type { CommandChanges, Heartbeat, ServerToWall, Snapshot, WallToServer, WatchAnswer } from './live.ts'
import { deviceIdSchema, kindSchema } from './topics.ts'

/** Shapes of the live stream, apart from its names: pages take those without carrying schemas. */

const seq = z.int().min(0)

const snapshotSchema = z
  .object({
    seq: seq.meta({ description: 'Number of the newest delta that is in it' }),
    at: time,
    devices: z.array(deviceViewSchema),
  })
  .meta({ id: 'Snapshot' }) satisfies z.ZodType<Snapshot>

const deltaSchema = z
  .object({
    seq: seq.meta({ description: 'One more than the frame before; a gap means: ask `resync`' }),
    at: time,
    changes: z
      .array(deviceViewSchema.partial().extend({ id: deviceIdSchema }))
      .meta({ description: 'Only what changed, `id` always; a key that is null was cleared' }),
    removed: z
      .array(deviceIdSchema)
      .optional()
      .meta({ description: 'Devices that are registered no more, or have left what is watched' }),
  })
  .meta({ id: 'Delta' })

const heartbeatSchema = z
  .object({
    at: time,
    build: z.string(),
    canaryAt: time.nullable().meta({
      description:
        'When the newest entry that came the whole way had left; one leaves each second. null: none has come yet',
    }),
  })
  .meta({ id: 'Heartbeat' }) satisfies z.ZodType<Heartbeat>

const commandChangesSchema = z
  .object({ at: time, commands: z.array(commandSchema) })
  .meta({ id: 'CommandChanges' }) satisfies z.ZodType<CommandChanges>

/** What a client may ask to watch. A box that crosses the 180th meridian is none of ours. */
export const watchSchema = z
  .strictObject({
    kinds: z.array(kindSchema).max(kindSchema.options.length).optional(),
    bbox: z.tuple([longitude, latitude, longitude, latitude]).optional().meta({
      description: 'West, south, east, north in degrees. A device without a position is in no box',
    }),
  })
  .refine(({ bbox: [west, south, east, north] = [0, 0, 0, 0] }) => west <= east && south <= north, {
    path: ['bbox'],
    message: 'must be west, south, east, north: west not east of east, south not north of north',
  })
  .meta({ id: 'Watch' })

/** Answer to `watch`, in the acknowledgement of the event. */
export const watchAnswerSchema = z
  .union([z.strictObject({ ok: z.literal(true) }), problemSchema])
  .meta({ id: 'WatchAnswer' }) satisfies z.ZodType<WatchAnswer>

/** What each event carries: one without a row does not compile. */
export const liveSchemas = {
  snapshot: snapshotSchema,
  delta: deltaSchema,
  heartbeat: heartbeatSchema,
  pipeline: pipelineSchema,
  displays: z.array(displaySchema).meta({ id: 'Displays' }),
  walls: z.array(wallSchema).meta({ id: 'Walls' }),
  commands: commandChangesSchema,
  resync: z.undefined(),
  watch: watchSchema,
  report: displayReportSchema,
} satisfies Record<keyof ServerToWall | keyof WallToServer, z.ZodType>
