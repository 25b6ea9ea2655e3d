import { kinds } from '../../../contract/topics.ts'

/**
 * How readings lie in InfluxDB. A measurement is a profile; tags `device`, `kind`, `area` (left out when null) and
 * `sim=1` (only of simulated devices); one float field per metric, and the four fields of our own. Everything is a
 * float, so that a field can never have two types, whatever server made it first.
 *
 * Only text that passes a gate of this file becomes a name in line protocol or InfluxQL; neither has a safe way to
 * quote every byte.
 */

/** InfluxDB's own words and ours; a metric of this name would vanish (`time`) or be taken for the tag or field. */
const takenNames = /^(time|device|kind|area|sim|lat|lon|received_ms|ts_source)_*$/

const metricName = /^[a-z][a-z0-9_]{0,63}$/

/** Measurements are profile ids: `kebab-case`, from our registry. As a regular expression of InfluxQL too. */
export const measurementPattern = '^[a-z][a-z0-9-]{0,62}$'
const measurementName = new RegExp(measurementPattern)

/** InfluxQL: series that we wrote, in a database that we may share. */
export const ourSeries = `"device" =~ /./ AND "kind" =~ /^(${kinds.join('|')})$/`

export function isMeasurement(profile: string): boolean {
  return measurementName.test(profile)
}

/** The field of a metric; `undefined` for a name that cannot be one. A taken name gets one more `_` at its end. */
export function fieldOfMetric(metric: string): string | undefined {
  if (!metricName.test(metric)) return undefined
  return takenNames.test(metric) ? `${metric}_` : metric
}

/** The metric of a field, the other way round; `undefined` for our own fields and those of strangers. */
export function metricOfField(field: string): string | undefined {
  if (!takenNames.test(field)) return metricName.test(field) ? field : undefined
  return field.endsWith('_') ? field.slice(0, -1) : undefined
}

/** Earliest and latest moment that an int64 of nanoseconds holds, in ms. */
export const influxTimeLimitMs = 9_223_372_036_854

/** What `ts_source` holds. */
export const tsSourceNumbers = { device: 0, server: 1 } as const
