import type { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import { enteredManualSchema, type NewManual, newManualSchema } from '../../contract/http/readings.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import { manualLimits } from '../../contract/manual.ts'
import { findMetric, isPlausible, type Metric } from '../../contract/metrics.ts'
import type { BrokerControl } from '../../contract/ports/control.ts'
import { findProfile } from '../../contract/profiles/index.ts'
import { clockUnsetBeforeMs, futureToleranceMs } from '../../contract/reading.ts'
import { dayMs, iso, minuteMs } from '../../contract/time.ts'
import { createTokenBuckets } from '../../contract/token-buckets.ts'
import type { AuditLog } from '../../storage/registry/audit/audit-log.ts'
import { deviceParams, requireDevice } from '../devices/routes.ts'
import { defineRoute, type Route, v1 } from '../http/route.ts'
import type { City } from '../live/city.ts'
import type { Caller } from '../people/callers.ts'

export interface ManualRouteParts {
  city: City
  broker: Pick<BrokerControl, 'enter'>
  audit: Pick<AuditLog, 'append'>
  retentionMs: number
  now: () => number
}

/** One person enters a round of posts at once, and one reading each ten seconds for hours; nobody types more. */
const pace = { perS: 0.1, burst: 60, most: 10_000 }

type Values = NonNullable<NewManual['metrics']>
type Fault = { path: string; message: string }

/** Readings that a person took by eye. */
export function manualRoutes({ city, broker, audit, retentionMs, now }: ManualRouteParts): Route[] {
  const buckets = createTokenBuckets({ ...pace, now })

  function requirePace({ actor }: Caller): void {
    const bucket = buckets.of(actor)
    if (bucket.tokens < 1) throw new Refusal('too-many-requests', undefined, { retryAfterS: Math.ceil(1 / pace.perS) })
    bucket.tokens -= 1
  }

  function requireTime(ts: NewManual['ts']): number {
    const nowMs = now()
    const atMs = typeof ts === 'string' ? Date.parse(ts) : (ts ?? nowMs)
    if (atMs > nowMs + futureToleranceMs) throw refusedTime('it lies ahead of our clock')
    if (atMs < clockUnsetBeforeMs) throw refusedTime('it lies before 2005')
    // What is entered may be taken in a moment later.
    if (atMs < nowMs - retentionMs + minuteMs)
      throw refusedTime(`readings are kept for ${Math.round(retentionMs / dayMs)} days`)
    return atMs
  }

  return [
    defineRoute({
      method: 'post',
      path: `${v1}/devices/{id}/readings`,
      tag: 'readings',
      summary:
        'Enter a reading that you took by eye. 202: it is on disk; history has it within a second. The same moment and values ' +
        'once more change nothing, other values of your own correct it',
      access: abilities.enterReadings,
      input: { params: deviceParams, body: newManualSchema },
      maxBodyBytes: 8192,
      status: 202,
      answer: enteredManualSchema,
      refusals: [
        'unknown-device',
        'person-needed',
        'manual-time',
        'manual-value',
        'manual-status',
        'too-many-requests',
        'broker-down',
      ],
      async handle({ params, body }, call): Promise<z.output<typeof enteredManualSchema>> {
        const caller = call.caller()
        if (!('session' in caller.proof)) throw new Refusal('person-needed')
        const { id, kind, profile } = requireDevice(city, params.id)
        if (body.status !== undefined) throw new Refusal('manual-status')
        const metrics = requireValues(valuesOf(body), profile)
        const atMs = requireTime(body.ts)
        requirePace(caller)
        const { actor, name: author, role } = caller
        const note = body.note === undefined || body.note === '' ? {} : { note: body.note }
        const payload = JSON.stringify({ ts: atMs, ...metrics, role, ...note })
        await broker.enter({ deviceId: id, kind, actor, payload }).catch((error: unknown) => {
          const detail = 'It is not sure that the reading is kept. Enter it again with the same time: it is taken once.'
          throw new Refusal('broker-down', detail, { retryAfterS: 2, cause: error })
        })
        const at = iso(atMs)
        await audit.append(actor, { action: 'reading.entered', target: id, detail: { at, metrics, ...note } })
        return { deviceId: id, at, role, author, ...note, metrics: numbersOf(metrics) }
      },
    }),
  ]
}

function refusedTime(why: string): Refusal {
  const errors = [{ path: 'ts', message: why }]
  return new Refusal('manual-time', `The time of the reading is not valid: ${why}.`, { errors })
}

function valuesOf({ ts: _ts, note: _note, status: _status, metrics = {}, ...flat }: NewManual): Values {
  // The schema lets through numbers and flags only.
  return { ...(flat as Values), ...metrics }
}

/** @throws Refusal `manual-value`, with each value that cannot be. */
function requireValues(values: Values, profile: string): Values {
  const allowed: readonly string[] = findProfile(profile)?.metrics ?? []
  const names = Object.keys(values)
  const faults = names.flatMap((name) => faultOf(name, values[name] ?? Number.NaN, allowed) ?? [])
  if (names.length === 0) faults.push({ path: 'metrics', message: 'there is no value' })
  if (names.length > manualLimits.metrics)
    faults.push({ path: 'metrics', message: `there are more than ${manualLimits.metrics} values` })
  if (faults.length === 0) return values
  const detail = faults.map(({ path, message }) => `${path}: ${message}`).join('; ')
  throw new Refusal('manual-value', detail, { errors: faults })
}

function faultOf(name: string, value: number | boolean, allowed: readonly string[]): Fault | undefined {
  const metric = allowed.includes(name) ? findMetric(name) : undefined
  const path = name.slice(0, 64)
  if (metric === undefined) return { path, message: 'this device measures no such thing' }
  if (!isOfType(value, metric)) return { path, message: metric.type === 'boolean' ? 'yes or no' : 'must be a number' }
  const { min, max, unit } = metric
  return isPlausible(name, value) ? undefined : { path, message: `must be ${min} to ${max} ${unit}`.trim() }
}

function isOfType(value: number | boolean, { type }: Metric): boolean {
  return type === 'boolean'
    ? value === true || value === false || value === 0 || value === 1
    : typeof value === 'number'
}

function numbersOf(values: Values): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]))
}
