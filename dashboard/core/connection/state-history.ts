import type { States } from '../../../contract/http/states.ts'
import type { StatePeriod } from '../../../contract/ports/states.ts'
import { answer } from './answers.ts'
import type { HttpClient } from './http-client.ts'

/** States of one device over a span, which they fill. */
export interface StateHistory {
  fromMs: number
  toMs: number
  periods: StatePeriod[]
}

/** As many changes as the server keeps of one device. */
const maxPages = 11

/** States of a device over the last hours or days. */
export async function loadStates(
  rest: HttpClient,
  { deviceId, nowMs, spanMs }: { deviceId: string; nowMs: number; spanMs: number },
): Promise<StateHistory> {
  const toMs = Math.floor(nowMs)
  const periods: StatePeriod[] = []
  let from: string | undefined = String(toMs - spanMs)
  for (let page = 0; from !== undefined && page < maxPages; page += 1) {
    const query = new URLSearchParams({ from, to: String(toMs) })
    const states: States = await rest.get(`/api/v1/devices/${deviceId}/states?${query}`, answer('states'))
    for (const { from: begin, to = states.to, state, cause } of states.items) {
      periods.push({ fromMs: Date.parse(begin), toMs: Date.parse(to), state, cause })
    }
    from = states.nextFrom
  }
  // The server's clock says where the last one ends.
  return { fromMs: periods[0]?.fromMs ?? toMs - spanMs, toMs: periods.at(-1)?.toMs ?? toMs, periods }
}
