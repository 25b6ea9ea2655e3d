import { type StoredReading, type StoreRefusal, StoreUnavailableError } from '../../../contract/ports/telemetry.ts'
import { rightsFault, wordsOfBody } from './influx-faults.ts'
import { writeParts } from './influx-parts.ts'
import { encodeLine } from './line-protocol.ts'

/** What a server answered to a write; `body` as text, `retryAfter` the header of that name. */
export interface WriteAnswer {
  status: number
  body: string
  retryAfter?: string | null
}

/** Who writes, and where to: for the words of a refusal. */
export interface InfluxWriter {
  user?: string | undefined
  /** Database or bucket. */
  database: string
  is2: boolean
}

/** What became of one body. `rejected`: at least one of its lines is bad, and the others may or may not be stored. */
export type BodyOutcome = { outcome: 'stored' } | { outcome: 'rejected' | 'too-large'; detail: string }

/** Sends lines of line protocol, ms. Throws StoreUnavailableError where nothing is known of them. */
export type SendBody = (body: string) => Promise<BodyOutcome>

/** Below the megabyte that proxies take as they come (nginx: client_max_body_size 1m). */
const maxBodyChars = 1_000_000
const maxBodyLines = 5000

/** A line of line protocol, and the place of what it tells in the caller's list. */
export interface InfluxLine {
  index: number
  line: string
}

/**
 * Writes readings and finds out exactly what the server will not have. A rejected body is halved until the bad line
 * stands alone; halves go in order, so that the later of two readings of one moment still wins. Then the line itself is
 * taken apart (`writeParts`). Rewriting what is stored already changes nothing. k bad lines among n cost at most
 * 2k·⌈log2 n⌉ + 1 requests a body, and those for their parts.
 */
export async function writeReadings(readings: readonly StoredReading[], send: SendBody): Promise<StoreRefusal[]> {
  const { lines, refusals } = encodeAll(readings)
  await writeLines(lines, send, async (line, detail) => {
    const reading = readings[line.index]
    if (reading !== undefined) refusals.set(line.index, await refusalsOf(line, { reading, detail, refusals, send }))
  })
  return [...refusals.entries()].sort(([one], [other]) => one - other).flatMap(([, parts]) => parts)
}

/** Sends lines, and tells which of them the server rejects when they come alone. */
export async function writeLines(
  lines: readonly InfluxLine[],
  send: SendBody,
  rejected: (line: InfluxLine, detail: string) => Promise<void> | void,
): Promise<void> {
  const pending = bodiesOf(lines).reverse()
  for (let part = pending.pop(); part; part = pending.pop()) {
    const answer = await send(part.map(({ line }) => line).join('\n'))
    if (answer.outcome === 'stored') continue
    const [first] = part
    if (part.length === 1 && first !== undefined) await rejected(first, answer.detail)
    else pending.push(part.slice(part.length / 2), part.slice(0, part.length / 2))
  }
}

function encodeAll(readings: readonly StoredReading[]): { lines: InfluxLine[]; refusals: Map<number, StoreRefusal[]> } {
  const refusals = new Map<number, StoreRefusal[]>()
  const lines: InfluxLine[] = []
  for (const [index, reading] of readings.entries()) {
    const encoded = encodeLine(reading)
    if (!encoded.ok) refusals.set(index, [{ index, detail: encoded.detail }])
    else {
      lines.push({ index, line: encoded.line })
      if (encoded.leftOut.length > 0)
        refusals.set(
          index,
          encoded.leftOut.map((part) => ({ index, ...part })),
        )
    }
  }
  return { lines, refusals }
}

interface Rejected {
  reading: StoredReading
  detail: string
  refusals: ReadonlyMap<number, StoreRefusal[]>
  send: SendBody
}

/** Of a line that was rejected alone: its bad values, or all of it. */
async function refusalsOf(
  { index }: InfluxLine,
  { reading, detail, refusals, send }: Rejected,
): Promise<StoreRefusal[]> {
  const known = refusals.get(index) ?? []
  const names = Object.keys(reading.metrics).filter((name) => known.every(({ metric }) => metric !== name))
  const bad = await writeParts(reading, names, send)
  return bad === undefined ? [{ index, detail }] : [...known, ...bad.map((part) => ({ index, ...part }))]
}

function bodiesOf(lines: readonly InfluxLine[]): InfluxLine[][] {
  const bodies: InfluxLine[][] = []
  let chars = maxBodyChars
  for (const line of lines) {
    const body = bodies.at(-1)
    chars += line.line.length + 1
    if (body && chars <= maxBodyChars && body.length < maxBodyLines) {
      body.push(line)
    } else {
      bodies.push([line])
      chars = line.line.length + 1
    }
  }
  return bodies
}

/**
 * What an answer to a write means, by status and body. 1.x says 400 and stores the good lines (tried with 1.6.7); 2.x
 * says 400 and stores none where a line cannot be parsed, 422 and stores the good ones where a point does not fit
 * (docs.influxdata.com/influxdb/v2/write-data/troubleshoot), and 500 for the latter before its first release. Only 204
 * is a yes: a proxy's login page is a 200. A 400 without the database's own JSON comes from something in between, and
 * a wrong setting must hold the readings back, not condemn them.
 */
export function judgeAnswer({ status, body, retryAfter }: WriteAnswer, by: InfluxWriter): BodyOutcome {
  if (status === 204) return { outcome: 'stored' }
  const words = wordsOfBody(body)
  if (status === 413) return { outcome: 'too-large', detail: words ?? 'too large for the server' }
  if (words !== undefined && isAboutPoints(status, words)) return { outcome: 'rejected', detail: words }
  const refused = rightsFault({ status, words: words ?? '', asked: 'write', ...by })
  if (refused !== undefined) throw refused
  const said = words ?? body.trim().slice(0, 200)
  const retryAfterMs = retryAfterOf(retryAfter)
  throw new StoreUnavailableError(`InfluxDB answered ${status}${said ? `: ${said}` : ''}`, {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

const aboutSettings = /^(database is required|please provide either|invalid precision|retention policy not found)/

function isAboutPoints(status: number, words: string): boolean {
  if (status === 400 || status === 422) return !aboutSettings.test(words)
  return status === 500 && words.includes('partial write: ')
}

/** RFC 9110 10.2.3: seconds, or a date. */
function retryAfterOf(header: string | null | undefined): number | undefined {
  if (!header) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
