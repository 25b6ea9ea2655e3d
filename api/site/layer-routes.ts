import { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import { defineRoute, type Route, v1 } from '../http/route.ts'

/** One plain file name: no path can hide in it. */
const layerSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}\.(geojson|json)$/, 'a file name like city.geojson')

/** Still layers of the map, from the folder of this installation's site. */
export function siteLayerRoutes({ siteDir }: { siteDir: string }): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: `${v1}/site/{layer}`,
      tag: 'site',
      summary: 'A still layer of the map, as GeoJSON',
      access: abilities.signedIn,
      input: { params: z.object({ layer: layerSchema }) },
      file: 'application/geo+json',
      refusals: ['not-found'],
      handle: ({ params }, { response }) =>
        new Promise<void>((resolve, reject) => {
          const headers = { 'Cache-Control': 'private, no-cache' }
          response.sendFile(params.layer, { root: siteDir, headers, cacheControl: false }, (error?: Error) => {
            if (error === undefined || response.headersSent) resolve()
            else if (Object(error).status === 416) reject(new Refusal('range-not-satisfiable'))
            else reject(new Refusal('not-found', `There is no layer "${params.layer}".`, { cause: error }))
          })
        }),
    }),
  ]
}
