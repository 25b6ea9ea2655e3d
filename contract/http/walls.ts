import { z } from 'zod'
import { glazingFaults, longestSidePx, maxMonitors, monitorsOf } from '../display-geometry.ts'
import { displayNameSchema } from './displays.ts'
import { plainText } from './fields.ts'

/** Walls as the city has them: the glass, who looks at it from where, and what it shows. */

const px = z.int().min(0).max(longestSidePx)
const side = z.int().min(240).max(longestSidePx)
const diagonal = z.number().min(5).max(400).meta({ description: 'Of the visible glass, inches' })

export const monitorSchema = z.strictObject({ x: px, y: px, w: side, h: side, diagonalIn: diagonal })
const panelSchema = z.strictObject({ w: side, h: side, diagonalIn: diagonal })
const count = z.int().min(1).max(maxMonitors)
/** x, y, width and height of a part of the picture, px. */
export const viewSchema = z.tuple([px, px, z.int().min(1).max(longestSidePx), z.int().min(1).max(longestSidePx)])

const slideSchema = z.strictObject({
  screen: z.string().regex(/^[a-z]{2,16}$/),
  seconds: z.int().min(5).max(3600),
})

const looks = {
  name: plainText(1, 64),
  bezelMm: z.number().min(0).max(100).meta({ description: 'From one picture to the edge of its monitor' }),
  farthestViewerM: z.number().min(0.3).max(50),
  theme: z.enum(['malam', 'siang', 'auto']).meta({ description: 'auto: siang from 06.00 to 18.00 of the city' }),
  lang: z.enum(['id', 'en']),
  playlist: z.array(slideSchema).max(20).meta({ description: 'Empty: the screen of the address stands' }),
  tiles: z
    .array(z.strictObject({ screen: displayNameSchema, view: viewSchema }))
    .max(maxMonitors)
    .meta({ description: 'Which part of the picture a paired screen shows' }),
}

const gridSchema = z.strictObject({ ...looks, cols: count, rows: count, panel: panelSchema })
const listSchema = z.strictObject({ ...looks, monitors: z.array(monitorSchema).min(1).max(maxMonitors) })

interface Complaint {
  path: readonly PropertyKey[]
  message: string
}

/** What is wrong with the one of the two forms that is nearer to what was sent. */
function nearestFault({ errors = [] }: { errors?: readonly (readonly Complaint[])[] | undefined }): string {
  const [nearest = []] = errors.toSorted((a, b) => a.length - b.length)
  return nearest
    .map(({ path, message }) => [path.join('.'), message].filter((part) => part !== '').join(': '))
    .join('; ')
}

/** What is known of a wall: equal monitors in a grid, or a list of monitors of any sizes. */
export const wallSettingsSchema = z
  .union([gridSchema, listSchema], {
    // A union says of its forms only that none fits; Zod hands over what is wrong with each, which its type leaves out.
    error: (issue) => nearestFault(issue as { errors?: readonly (readonly Complaint[])[] }),
  })
  .superRefine((wall, context) => {
    const monitors = 'monitors' in wall || wall.cols * wall.rows <= maxMonitors ? monitorsOf(wall) : []
    for (const { sentence } of glazingFaults(monitors))
      context.addIssue({ code: 'custom', message: sentence, path: ['monitors'] })
    const names = wall.tiles.map(({ screen }) => screen)
    if (new Set(names).size < names.length)
      context.addIssue({ code: 'custom', message: 'A screen shows one part only.', path: ['tiles'] })
  })
  .meta({ id: 'WallSettings' })
export type WallSettings = z.infer<typeof wallSettingsSchema>

export const wallSchema = z
  .object({
    id: displayNameSchema,
    /** One more with each change. */
    rev: z.int().min(1),
    settings: wallSettingsSchema,
  })
  .meta({ id: 'Wall' })
export type Wall = z.infer<typeof wallSchema>
export const wallListSchema = z.object({ items: z.array(wallSchema) })
