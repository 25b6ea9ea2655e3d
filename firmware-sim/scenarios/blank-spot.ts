import type { LonLat } from '../../contract/site/schema.ts'
import { metresBetween } from '../geo.ts'
import { ids, numberParam, type Scenario, type ScenarioStage } from '../scenario.ts'

/** Buses lose the network within a circle, go on measuring, and hand their backlog in when they are out of it. */
export const blankSpot: Scenario = {
  id: 'blank-spot',
  durationS: 300,
  params: { lat: 'centre', lon: 'centre', radius: 'of the circle, m' },
  begin(stage) {
    const radiusM = numberParam(stage.params, 'radius', 900)
    const { name, centre } = place(stage)
    return {
      story: `no mobile network within ${radiusM} m of ${name}: buses there keep their readings`,
      devices: ids(stage.fleet.filter(({ profile }) => profile === 'trans-binjai-bus')),
      link: (_, { position }) => (metresBetween(position, centre) < radiusM ? 'no-network' : 'up'),
    }
  },
}

function place({ site, random, params }: ScenarioStage): { name: string; centre: LonLat } {
  if (params.lat !== undefined && params.lon !== undefined) {
    const centre: LonLat = [numberParam(params, 'lon', 0), numberParam(params, 'lat', 0)]
    return { name: `${centre[1]}, ${centre[0]}`, centre }
  }
  const stops = site.busRoutes.features.flatMap(({ geometry, properties }) =>
    geometry.type === 'Point' ? [{ name: properties.name, centre: geometry.coordinates }] : [],
  )
  return stops[Math.floor(random() * stops.length)] ?? { name: site.info.name, centre: site.info.centre }
}
