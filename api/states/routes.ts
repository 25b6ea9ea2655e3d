import type { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import {
  eventsQuerySchema,
  eventsSchema,
  type States,
  statesQuerySchema,
  statesSchema,
  uptimeQuerySchema,
  uptimeSchema,
} from '../../contract/http/states.ts'
import type { EventPlace, KeptEvent, StatePeriod, StateReader } from '../../contract/ports/states.ts'
import { dayMs, iso } from '../../contract/time.ts'
import type { CityTime } from '../../domain/city-time.ts'
import { deviceParams, requireDevice } from '../devices/routes.ts'
import { createAnswerRoom } from '../http/answer-room.ts'
import { spanOf } from '../http/instant.ts'
import { defineRoute, type Route, v1 } from '../http/route.ts'
import type { City } from '../live/city.ts'
import { statesCsv, uptimeCsv } from './csv.ts'
import { bucketBounds, groupsOf, maxUptimeItems, uptimeItems } from './uptime.ts'

export interface DeviceHistoryRouteParts {
  city: City
  states: StateReader
  cityTime: CityTime
  now: () => number
}

/** Changes of one answer. */
const maxChanges = 10_000
const defaultUptimeDays = 30
/** A year, and the month that it begins in. */
const maxUptimeDays = 397

/** What became of devices: states, uptime, events. */
export function deviceHistoryRoutes({ city, states, cityTime, now }: DeviceHistoryRouteParts): Route[] {
  const room = createAnswerRoom({ most: 2 * maxUptimeItems, large: maxUptimeItems / 10 })

  function pastSpan(query: { from?: string | undefined; to?: string | undefined }, defaultMs: number) {
    const nowMs = now()
    const { fromMs, toMs } = spanOf(query, { nowMs, defaultMs })
    if (fromMs >= nowMs) throw new Refusal('invalid-range', '"from" must be in the past.')
    return { fromMs, toMs: Math.min(toMs, nowMs), nowMs }
  }

  return [
    defineRoute({
      method: 'get',
      path: `${v1}/devices/{id}/states`,
      tag: 'states',
      summary: 'States of one device over time, with their causes; also as CSV',
      access: abilities.view,
      input: { params: deviceParams, query: statesQuerySchema },
      answer: statesSchema,
      other: { type: 'text/csv', name: 'csv', encode: (answer) => statesCsv(answer, cityTime) },
      refusals: ['unknown-device', 'invalid-range', 'not-acceptable'],
      async handle({ params, query }) {
        const { id } = requireDevice(city, params.id)
        const { fromMs, toMs, nowMs } = pastSpan(query, dayMs)
        const { periods, nextFromMs } = await states.states({ deviceId: id, fromMs, toMs, limit: maxChanges })
        const answer: States = {
          deviceId: id,
          from: iso(fromMs),
          to: iso(toMs),
          items: periods.map((period) => itemOf(period, nowMs)),
        }
        return nextFromMs === undefined ? answer : { ...answer, nextFrom: iso(nextFromMs) }
      },
    }),
    defineRoute({
      method: 'get',
      path: `${v1}/uptime`,
      tag: 'states',
      summary: 'How long devices were up, down, out of service on purpose, or not watched; also as CSV',
      access: abilities.view,
      input: { query: uptimeQuerySchema },
      answer: uptimeSchema,
      other: { type: 'text/csv', name: 'csv', encode: (answer) => uptimeCsv(answer, cityTime) },
      refusals: ['invalid-range', 'not-acceptable', 'busy'],
      async handle({ query }, { caller, response }) {
        const { fromMs, toMs } = pastSpan(query, defaultUptimeDays * dayMs)
        if (toMs - fromMs > maxUptimeDays * dayMs) {
          throw new Refusal('invalid-range', `At most ${maxUptimeDays} days at once.`)
        }
        const groups = groupsOf(city.devices(), query.by)
        const boundsMs = bucketBounds({ fromMs, toMs }, query.every, cityTime)
        const size = groups.size * (boundsMs.length - 1)
        if (size > maxUptimeItems) {
          throw new Refusal(
            'invalid-range',
            `That is ${size} lines, more than ${maxUptimeItems}: ask for a shorter time.`,
          )
        }
        const place = await room.take(caller().actor, size)
        response.once('close', place.leave)
        if (response.destroyed) place.leave()
        const items = await uptimeItems({ groups, boundsMs, states, isOver: () => response.destroyed })
        return { from: iso(fromMs), to: iso(toMs), items }
      },
    }),
    defineRoute({
      method: 'get',
      path: `${v1}/events`,
      tag: 'states',
      summary: 'What devices told, and what became of their connections, newest first',
      access: abilities.console,
      input: { query: eventsQuerySchema },
      answer: eventsSchema,
      refusals: ['invalid-range'],
      async handle({ query }) {
        const span = spanOf(query, { nowMs: now(), defaultMs: dayMs })
        const { events, next } = await states.events({
          ...span,
          deviceId: query.device,
          type: query.type,
          limit: query.limit,
          after: placeOf(query),
        })
        return { items: events.map(eventOf), nextCursor: next === undefined ? null : `${next.atMs}-${next.rank}` }
      },
    }),
  ]
}

function itemOf({ fromMs, toMs, state, cause }: StatePeriod, nowMs: number): States['items'][number] {
  const span = toMs >= nowMs ? { from: iso(fromMs) } : { from: iso(fromMs), to: iso(toMs) }
  return { ...span, state, cause, maintenance: cause === 'maintenance' }
}

function placeOf({ cursor }: z.output<typeof eventsQuerySchema>): EventPlace | undefined {
  const [atMs, rank] = cursor?.split('-').map(Number) ?? []
  return atMs === undefined || rank === undefined ? undefined : { atMs, rank }
}

function eventOf({ deviceId, atMs, type, payload }: KeptEvent) {
  return { deviceId, at: iso(atMs), type, payload: contentOf(payload) }
}

/** JSON, or the bare word of a status. */
function contentOf(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return payload
  }
}
