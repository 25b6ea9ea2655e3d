import { createRandom } from '../random.ts'
import { ids, type Scenario, type ScenarioStage } from '../scenario.ts'

/** They run on a battery or a solar panel of their own. */
const ownPower = ['river-gauge', 'rain-gauge', 'waste-bin', 'trans-binjai-bus', 'power-meter']

/** A cabinet's small battery lasts so long, s. */
const shortestBatteryS = 8
const longestBatteryS = 45

/** A kelurahan without mains: its power meter says so at once, then all that hangs on the mains goes dark, one by one. */
export const powerCut: Scenario = {
  id: 'power-cut',
  durationS: 240,
  params: { area: 'code of the kelurahan' },
  begin(stage) {
    const { code, name } = kelurahan(stage)
    const there = stage.fleet.filter(({ areaCode, profile }) => areaCode === code && profile !== 'trans-binjai-bus')
    const dark = new Map(
      there
        .filter(({ profile }) => !ownPower.includes(profile))
        .map(({ id }) => [id, shortestBatteryS + (longestBatteryS - shortestBatteryS) * createRandom(1, id)()]),
    )
    return {
      story: `power cut in ${name}: ${dark.size} devices will go dark`,
      devices: ids(there),
      conditions: (_, __, conditions) => ({ ...conditions, mains: false }),
      link: ({ id }, { elapsedS }) => (elapsedS < (dark.get(id) ?? Number.POSITIVE_INFINITY) ? 'up' : 'no-power'),
    }
  },
}

/** The one that was named, else one of those where most hangs on the mains. */
function kelurahan({ site, fleet, random, params }: ScenarioStage): { code: string; name: string } {
  const areas = site.kelurahan.features.map(({ properties }) => properties)
  if (params.area !== undefined) {
    const named = areas.find(({ code }) => code === params.area)
    if (named === undefined) throw new RangeError(`no kelurahan has the code "${params.area}"`)
    return named
  }
  const hanging = Map.groupBy(
    fleet.filter(({ profile }) => !ownPower.includes(profile)),
    ({ areaCode }) => areaCode,
  )
  const count = ({ code }: { code: string }) => hanging.get(code)?.length ?? 0
  const fullest = areas.toSorted((a, b) => count(b) - count(a)).slice(0, Math.ceil(areas.length / 3))
  const chosen = fullest[Math.floor(random() * fullest.length)]
  if (chosen === undefined) throw new RangeError('the site has no kelurahan')
  return chosen
}
