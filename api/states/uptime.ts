import type { Device } from '../../contract/http/devices.ts'
import type { UptimeAnswer, UptimeGroup } from '../../contract/http/states.ts'
import type { StateReader, Uptime } from '../../contract/ports/states.ts'
import { dayMs, iso } from '../../contract/time.ts'
import type { CityTime } from '../../domain/city-time.ts'
import { addUptime, noUptime, uptimePercent } from '../../domain/state-history.ts'

/** Lines of one answer, some 200 bytes each. */
export const maxUptimeItems = 100_000

/** Devices and days of one question to the reader, which answers it in some tens of ms: others have their turn in between. */
const deviceDaysAtOnce = 1500
const mostDevicesAtOnce = 250

/** Ids of the devices of each group, in order of the groups' keys. */
export function groupsOf(devices: Iterable<Device>, by: UptimeGroup): Map<string, string[]> {
  const groups = Map.groupBy(devices, (device) => keyOf(device, by))
  const inOrder = [...groups].sort(([one], [other]) => (one < other ? -1 : 1))
  return new Map(inOrder.map(([key, members]) => [key, members.map(({ id }) => id)]))
}

function keyOf(device: Device, by: UptimeGroup): string {
  switch (by) {
    case 'device':
      return device.id
    case 'kind':
      return device.kind
    case 'profile':
      return device.profile
    case 'area':
      return device.areaCode ?? ''
    case 'opd':
      return device.opd ?? ''
  }
}

/** Begin of each bucket and the end of the last one: midnights of the city between the ends of the span. */
export function bucketBounds(
  { fromMs, toMs }: { fromMs: number; toMs: number },
  every: '1d' | '1mo' | undefined,
  cityTime: CityTime,
): number[] {
  const bounds = [fromMs]
  if (every !== undefined) {
    for (let day = cityTime.dayNumber(fromMs) + 1; ; day += 1) {
      const ms = cityTime.atDayMs(day, 0)
      if (ms >= toMs) break
      if (ms > fromMs && (every === '1d' || isFirstOfMonth(day))) bounds.push(ms)
    }
  }
  return [...bounds, toMs]
}

/** A day that is counted from 1970. */
function isFirstOfMonth(dayNumber: number): boolean {
  return new Date(dayNumber * dayMs).getUTCDate() === 1
}

interface Asked {
  groups: ReadonlyMap<string, readonly string[]>
  boundsMs: readonly number[]
  states: Pick<StateReader, 'uptime'>
  /** Nobody waits for the answer any more. */
  isOver: () => boolean
}

/** A line for each group and bucket, read a few devices at a time. */
export async function uptimeItems({ groups, boundsMs, states, isOver }: Asked): Promise<UptimeAnswer['items']> {
  const days = ((boundsMs.at(-1) ?? 0) - (boundsMs[0] ?? 0)) / dayMs
  const atOnce = Math.max(1, Math.min(mostDevicesAtOnce, Math.floor(deviceDaysAtOnce / Math.max(1, days))))
  const keys = [...groups].flatMap(([key, ids]) => ids.map((id) => ({ id, key })))
  const sums = new Map<string, Uptime[]>()
  for (let at = 0; at < keys.length && !isOver(); at += atOnce) {
    const some = keys.slice(at, at + atOnce)
    const found = await states.uptime({ deviceIds: some.map(({ id }) => id), boundsMs })
    for (const [index, { key }] of some.entries()) addAll(sums, key, found[index] ?? [])
  }
  const items: UptimeAnswer['items'] = []
  for (const [key, buckets] of sums) {
    const devices = groups.get(key)?.length ?? 0
    for (const [index, sum] of buckets.entries()) {
      const [from = '', to = ''] = boundsMs.slice(index, index + 2).map((ms) => iso(ms))
      items.push({ key, from, to, devices, ...secondsOf(sum), percent: uptimePercent(sum) })
    }
  }
  return items
}

function addAll(sums: Map<string, Uptime[]>, key: string, found: readonly Uptime[]): void {
  const known = sums.get(key) ?? found.map(noUptime)
  for (const [index, more] of found.entries()) {
    const sum = known[index]
    if (sum !== undefined) addUptime(sum, more)
  }
  sums.set(key, known)
}

function secondsOf({ up, down, excluded, unknown }: Uptime) {
  return { upS: up / 1000, downS: down / 1000, excludedS: excluded / 1000, unknownS: unknown / 1000 }
}
