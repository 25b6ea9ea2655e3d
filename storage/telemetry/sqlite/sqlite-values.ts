/**
 * How numbers lie in the hot tables. Measured values have few decimals: as thousandths they are integers of one to
 * four bytes, where a float takes eight. What is no whole number of thousandths stays the float it is; both come back
 * bit by bit. The scale is the same for every metric and must never change: nothing in the file tells it.
 */
const metricScale = 1000
const degreeScale = 1_000_000

/** Past this a whole number of thousandths is no exact float any more; such values are kept in `extra`. */
const maxInColumn = 9e12

function encode(value: number, scale: number): number {
  const scaled = Math.round(value * scale)
  return scaled / scale === value ? scaled : value
}

function decode(stored: number, scale: number): number {
  return Number.isInteger(stored) ? stored / scale : stored
}

export function fitsColumn(value: number): boolean {
  return Math.abs(value) < maxInColumn
}

export function encodeMetric(value: number): number {
  return encode(value, metricScale)
}

export function decodeMetric(stored: number): number {
  return decode(stored, metricScale)
}

export function encodeDegrees(value: number): number {
  return encode(value, degreeScale)
}

export function decodeDegrees(stored: number): number {
  return decode(stored, degreeScale)
}

/** The same in SQL, for a metric's column. */
export function decodedColumn(metric: string): string {
  return `CASE typeof(m_${metric}) WHEN 'integer' THEN m_${metric} / ${metricScale}.0 ELSE m_${metric} END`
}

const serverTimeBit = 1
const simulatedBit = 2
const markSpace = 4

export interface Arrival {
  /** receivedAt - ts. */
  lagMs: number
  serverTime: boolean
  simulated: boolean
}

/** How a reading came, in one small integer: a column of its own for each mark would cost two bytes a row. */
export function encodeArrival({ lagMs, serverTime, simulated }: Arrival): number {
  return lagMs * markSpace + (serverTime ? serverTimeBit : 0) + (simulated ? simulatedBit : 0)
}

export function decodeArrival(stored: number): Arrival {
  const marks = ((stored % markSpace) + markSpace) % markSpace
  return {
    lagMs: (stored - marks) / markSpace,
    serverTime: (marks & serverTimeBit) !== 0,
    simulated: (marks & simulatedBit) !== 0,
  }
}
