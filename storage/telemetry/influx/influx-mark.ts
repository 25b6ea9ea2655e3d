import { type PlaceFound, StoreUnavailableError } from '../../../contract/ports/telemetry.ts'
import type { InfluxQl } from './influx-ql.ts'
import { type SendBody, writeLines } from './influx-write.ts'

/**
 * The mark of a place: a point of measurement `bcc_place`, whose name no profile can have, tagged with an id that ingest
 * keeps too. Where it is missing the database is not the one that was written to: it was dropped and made again, a backup
 * was put in its place, or another server answers at the same address. Each writer looks for its own mark, so that two
 * cities can share a database. It is written again from time to time: one that went by a retention policy says that
 * everything from before it went as well.
 */
const measurement = 'bcc_place'

const markPattern = /^[0-9a-f-]{8,64}$/

/** Whether the mark is there; `undefined`: nobody can say, since the login may not read, or there is nothing to read by. */
export async function findMark(
  influxQl: Pick<InfluxQl, 'query'>,
  mark: string | undefined,
): Promise<Pick<PlaceFound, 'holdsMark' | 'warning'>> {
  try {
    const found = await influxQl.query(`SELECT last("at") FROM "${measurement}" WHERE "id" = $mark`, {
      mark: mark ?? '',
    })
    return mark === undefined ? {} : { holdsMark: found.some(({ values }) => values.length > 0) }
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error
    if (error.fault === 'read-right') return { warning: { fault: error.fault, detail: error.message } }
    if (/does not speak InfluxQL/.test(error.message)) return {}
    throw error
  }
}

/** Throws StoreUnavailableError where it could not be written. */
export async function putMark(mark: string, nowMs: number, send: SendBody): Promise<void> {
  if (!markPattern.test(mark)) throw new RangeError('a mark is a UUID')
  const line = `${measurement},id=${mark} at=${nowMs} ${nowMs}`
  await writeLines([{ index: 0, line }], send, (_line, detail) => {
    throw new StoreUnavailableError(`InfluxDB does not take the mark of this place: ${detail}`)
  })
}
