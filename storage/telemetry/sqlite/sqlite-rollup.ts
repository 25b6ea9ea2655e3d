import type { DatabaseSync } from 'node:sqlite'
import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import { type DayTable, inRange, slotMs, slotOf } from './sqlite-tables.ts'
import { decodedColumn } from './sqlite-values.ts'

interface Sum {
  n: number
  sum: number
  min: number
  max: number
}

/** Sums of one profile, bucket and kecamatan, by metric. */
interface Group {
  profile: string
  bucket: number
  area: string
  sums: Map<string, Sum>
}

interface Bucket {
  table: DayTable
  metric: string
  bucket: number
}

export interface Rollup {
  /** Values that were not in the store before. */
  add(reading: StoredReading, metrics: Record<string, number>): void
  /** A value in this table was replaced: its bucket can only be worked out again from the rows. */
  recompute(table: DayTable, tsMs: number, metric: string): void
  /** The same for a day whose rows lie elsewhere: until the sealer has worked it out, it is read from the rows. */
  distrust(reading: StoredReading, metric: string): void
  /** Writes what came together, inside the caller's transaction. */
  flush(): void
}

/**
 * Ten-minute sums by kecamatan, kept exact: they are only added to for values that are really new, in the same
 * transaction as the rows, and rebuilt from the rows where a value was replaced.
 */
export function createRollup(db: DatabaseSync): Rollup {
  const groups = new Map<string, Group>()
  const dirty = new Map<string, Bucket>()
  const upsert = db.prepare(`
    INSERT INTO rollup (profile, metric, bucket, area, n, sum, min, max) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET n = n + excluded.n, sum = sum + excluded.sum,
      min = min(min, excluded.min), max = max(max, excluded.max)
  `)
  const clear = db.prepare('DELETE FROM rollup WHERE profile = ? AND metric = ? AND bucket = ?')
  const stale = db.prepare('INSERT OR IGNORE INTO rollup_stale (profile, metric, bucket) VALUES (?, ?, ?)')

  function groupOf({ profile, tsMs, areaCode }: StoredReading): Group {
    const bucket = bucketOf(tsMs)
    const area = areaCode ?? ''
    const key = `${profile} ${bucket} ${area}`
    const known = groups.get(key)
    if (known !== undefined) return known
    const group = { profile, bucket, area, sums: new Map<string, Sum>() }
    groups.set(key, group)
    return group
  }

  function addValue(sums: Map<string, Sum>, metric: string, value: number): void {
    const sum = sums.get(metric)
    if (sum === undefined) {
      sums.set(metric, { n: 1, sum: value, min: value, max: value })
      return
    }
    sum.n += 1
    sum.sum += value
    if (value < sum.min) sum.min = value
    if (value > sum.max) sum.max = value
  }

  function rebuild({ table, metric, bucket }: Bucket): void {
    clear.run(table.profile, metric, bucket)
    db.prepare(`
      INSERT INTO rollup (profile, metric, bucket, area, n, sum, min, max)
      SELECT $profile, $metric, $from, ifnull(d.area, ''), count(v), sum(v), min(v), max(v)
      FROM (SELECT dev, ${decodedColumn(metric)} AS v FROM ${table.name} WHERE ${inRange(table)})
      JOIN device d USING (dev) WHERE v IS NOT NULL GROUP BY 4
    `).run({ profile: table.profile, metric, from: bucket, to: bucket + slotMs })
  }

  return {
    add(reading, metrics) {
      const { sums } = groupOf(reading)
      for (const metric in metrics) addValue(sums, metric, metrics[metric] ?? 0)
    },
    recompute(table, tsMs, metric) {
      const bucket = bucketOf(tsMs)
      dirty.set(`${table.name} ${metric} ${bucket}`, { table, metric, bucket })
    },
    distrust({ profile, tsMs }, metric) {
      stale.run(profile, metric, bucketOf(tsMs))
    },
    flush() {
      for (const { profile, bucket, area, sums } of groups.values()) {
        for (const [metric, { n, sum, min, max }] of sums) upsert.run(profile, metric, bucket, area, n, sum, min, max)
      }
      for (const bucket of dirty.values()) rebuild(bucket)
      groups.clear()
      dirty.clear()
    },
  }
}

function bucketOf(tsMs: number): number {
  return slotOf(tsMs) * slotMs
}
