import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import type { SendBody } from './influx-write.ts'
import { encodeLine, type LeftOut } from './line-protocol.ts'

/**
 * Writes what the server takes of a reading that it has rejected, halving its metrics until the bad ones stand alone, so
 * that one of them does not cost the others. `undefined`: it is not for them, or nothing is left. j bad ones of m cost at
 * most 2j·⌈log2 m⌉ + 1 requests.
 */
export async function writeParts(
  reading: StoredReading,
  names: readonly string[],
  send: SendBody,
): Promise<LeftOut[] | undefined> {
  const isPlaced = reading.lat !== undefined
  if (names.length + Number(isPlaced) <= 1) return undefined
  const rejects = (some: readonly string[]) => whyRejected(reading, some, send)
  if ((await rejects([])) !== undefined) return undefined
  const bad = await badOf(names, rejects)
  return bad.length === names.length && !isPlaced ? undefined : bad
}

/** Why the reading with these metrics alone is not taken; `undefined`: it is, and is stored. */
async function whyRejected(
  reading: StoredReading,
  names: readonly string[],
  send: SendBody,
): Promise<string | undefined> {
  const metrics = Object.fromEntries(names.map((name) => [name, reading.metrics[name] ?? 0]))
  const encoded = encodeLine({ ...reading, metrics })
  if (!encoded.ok) return encoded.detail
  const answer = await send(encoded.line)
  return answer.outcome === 'stored' ? undefined : answer.detail
}

type Rejects = (names: readonly string[]) => Promise<string | undefined>

/** Of names that are rejected together. */
async function badOf(names: readonly string[], rejects: Rejects): Promise<LeftOut[]> {
  const middle = Math.ceil(names.length / 2)
  const halves = [names.slice(0, middle), names.slice(middle)].filter((half) => half.length > 0)
  const found: LeftOut[] = []
  for (const half of halves) {
    const detail = await rejects(half)
    if (detail !== undefined) found.push(...(await badAmong(half, detail, rejects)))
  }
  return found
}

async function badAmong(names: readonly string[], detail: string, rejects: Rejects): Promise<LeftOut[]> {
  const [only] = names
  return names.length === 1 && only !== undefined ? [{ metric: only, detail }] : badOf(names, rejects)
}
