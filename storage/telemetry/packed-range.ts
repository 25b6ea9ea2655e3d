import { setImmediate } from 'node:timers/promises'
import type { Point, Position, RangeResult } from '../../contract/ports/telemetry.ts'

/**
 * An answer on its way between threads. Numbers lie one after the other in memory that changes hands: a clone of hundreds of
 * thousands of points would hold up whoever receives it for hundreds of ms.
 */
export interface PackedRange extends Omit<RangeResult, 'metrics' | 'positions'> {
  metrics: Record<string, Float64Array<ArrayBuffer>>
  positions: Float64Array<ArrayBuffer>
}

/** About a millisecond's work. */
const entriesAtOnce = 5000

export function packRange({ metrics, positions, ...rest }: RangeResult): PackedRange {
  const packed = Object.entries(metrics).map(([name, points]) => [name, packList(points, 2)] as const)
  return { ...rest, metrics: Object.fromEntries(packed), positions: packList(positions, 3) }
}

/** What changes hands with it. */
export function buffersOf({ metrics, positions }: PackedRange): ArrayBuffer[] {
  return [positions, ...Object.values(metrics)].map(({ buffer }) => buffer)
}

/** Others get their turn meanwhile. */
export async function unpackRange({ metrics, positions, ...rest }: PackedRange): Promise<RangeResult> {
  const isTurn = createTurns()
  const lists: [string, Point[]][] = []
  for (const [name, numbers] of Object.entries(metrics)) {
    const pointAt = (at: number): Point => [numbers[at] ?? 0, numbers[at + 1] ?? 0]
    lists.push([name, await unpackList({ numbers, width: 2, isTurn }, pointAt)])
  }
  const placeAt = (at: number): Position => [positions[at] ?? 0, positions[at + 1] ?? 0, positions[at + 2] ?? 0]
  const places = await unpackList({ numbers: positions, width: 3, isTurn }, placeAt)
  return { ...rest, metrics: Object.fromEntries(lists), positions: places }
}

async function unpackList<T>(
  { numbers, width, isTurn }: { numbers: Float64Array; width: number; isTurn: () => boolean },
  entryAt: (at: number) => T,
): Promise<T[]> {
  const entries: T[] = []
  for (let at = 0; at < numbers.length; at += width) {
    entries.push(entryAt(at))
    if (isTurn()) await setImmediate()
  }
  return entries
}

/** Says after each entry whether it is others' turn. */
function createTurns(): () => boolean {
  let entries = 0
  return () => {
    entries += 1
    return entries % entriesAtOnce === 0
  }
}

function packList(entries: readonly (readonly number[])[], width: number): Float64Array<ArrayBuffer> {
  const numbers = new Float64Array(entries.length * width)
  for (const [index, entry] of entries.entries()) numbers.set(entry, index * width)
  return numbers
}
