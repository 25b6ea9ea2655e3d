import { type ByteReader, type ByteWriter, ChunkDamagedError } from './bytes.ts'

/**
 * One column of a sealed day. Measured numbers have few decimals and change little: they lie as whole numbers of their
 * last decimal, as differences to what came before, as variable-length bytes that a general compressor makes small.
 * What is no decimal number of up to nine places lies as the eight bytes it is. Every value comes back bit by bit; NaN
 * stands for "no value", as no store of ours holds a NaN.
 */

/** How a column lies; the numbers stand in files and keep their meaning. */
const modes = { none: 0, constant: 1, plain: 2, delta: 3, deltaOfDelta: 4, raw: 5 } as const
type Mode = (typeof modes)[keyof typeof modes]
/** Added to the mode where some rows have no value: a bitmap of the rows comes first. */
const withGaps = 8
const maxDecimals = 9
/** Differences of differences grow fourfold, their zigzag eightfold, and must stay exact below 2^53. */
const largestWhole = 2 ** 50
const powers = Array.from({ length: maxDecimals + 1 }, (_, decimals) => 10 ** decimals)

export function writeColumn(out: ByteWriter, column: Float64Array): void {
  const present = column.filter((value) => !Number.isNaN(value))
  if (present.length === 0) return out.byte(modes.none)
  const wholes = toWholes(present)
  const mode = wholes === undefined ? modes.raw : cheapest(wholes.values)
  const gaps = present.length < column.length
  out.byte(mode + (gaps ? withGaps : 0))
  if (gaps) writeBitmap(out, column)
  if (wholes === undefined) writeRaw(out, present)
  else writeWholes(out, mode, wholes)
}

interface Wholes {
  decimals: number
  values: Float64Array
}

/** All values as whole numbers of one decimal place; `undefined` where that would lose a bit. */
function toWholes(values: Float64Array): Wholes | undefined {
  let decimals = 0
  for (const value of values) {
    while (decimals <= maxDecimals && !isWholeAt(value, decimals)) decimals += 1
    if (decimals > maxDecimals) return undefined
  }
  // What fits two places need not fit three: rounding is not exact.
  const unit = powers[decimals] ?? 1
  for (const value of values) if (!isWholeAt(value, decimals)) return undefined
  return { decimals, values: values.map((value) => Math.round(value * unit)) }
}

function isWholeAt(value: number, decimals: number): boolean {
  const unit = powers[decimals] ?? 1
  const whole = Math.round(value * unit)
  return Math.abs(whole) < largestWhole && whole / unit === value && !Object.is(value, -0)
}

/** The least bits over all values; a fair guess at what the compressor makes of them. */
function cheapest(values: Float64Array): Mode {
  const low = least(values)
  let plain = 0
  let delta = 0
  let deltaOfDelta = 0
  let before = values[0] ?? 0
  let step = 0
  for (const value of values) {
    const change = value - before
    plain += Math.log2(1 + value - low)
    delta += Math.log2(1 + 2 * Math.abs(change))
    deltaOfDelta += Math.log2(1 + 2 * Math.abs(change - step))
    before = value
    step = change
  }
  if (plain === 0) return modes.constant
  if (plain <= delta && plain <= deltaOfDelta) return modes.plain
  return delta <= deltaOfDelta ? modes.delta : modes.deltaOfDelta
}

function least(values: Float64Array): number {
  let low = Number.POSITIVE_INFINITY
  for (const value of values) if (value < low) low = value
  return low
}

function divisor(values: Float64Array, base: number): number {
  let shared = 0
  for (const value of values) {
    let a = Math.abs(value - base)
    while (a !== 0) [shared, a] = [a, shared % a]
    if (shared === 1) return 1
  }
  return Math.max(1, shared)
}

/** Decimals, base, common divisor, then the numbers: (value - base) / divisor, or what changed of it. */
function writeWholes(out: ByteWriter, mode: Mode, { decimals, values }: Wholes): void {
  const base = mode === modes.plain ? least(values) : (values[0] ?? 0)
  out.byte(decimals)
  out.int(base)
  if (mode === modes.constant) return
  const unit = divisor(values, base)
  out.uint(unit)
  let before = 0
  let step = 0
  for (const value of values) {
    const steps = (value - base) / unit
    if (mode === modes.plain) out.uint(steps)
    else if (mode === modes.delta) out.int(steps - before)
    else out.int(steps - before - step)
    step = steps - before
    before = steps
  }
}

/** The bytes of all doubles turned by their place in the number: signs and exponents lie together. */
function writeRaw(out: ByteWriter, values: Float64Array): void {
  const bytes = new Uint8Array(values.length * 8)
  const from = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  for (let index = 0; index < from.length; index += 1) {
    bytes[(index % 8) * values.length + Math.floor(index / 8)] = from[index] ?? 0
  }
  out.bytes(bytes)
}

function writeBitmap(out: ByteWriter, column: Float64Array): void {
  const bitmap = new Uint8Array(Math.ceil(column.length / 8))
  for (const [index, value] of column.entries()) {
    if (!Number.isNaN(value)) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7))
  }
  out.bytes(bitmap)
}

/** Reads a column of this many rows. */
export function readColumn(from: ByteReader, rows: number): Float64Array {
  const head = from.byte()
  const mode = head % withGaps
  if (mode === modes.none) return new Float64Array(rows).fill(Number.NaN)
  if (head < withGaps) return readValues(from, mode, rows)
  const bitmap = from.bytes(Math.ceil(rows / 8))
  const isPresent = (index: number) => ((bitmap[index >> 3] ?? 0) & (1 << (index & 7))) !== 0
  let count = 0
  for (let index = 0; index < rows; index += 1) count += Number(isPresent(index))
  const present = readValues(from, mode, count)
  const column = new Float64Array(rows)
  let next = 0
  for (let index = 0; index < rows; index += 1) column[index] = isPresent(index) ? (present[next++] ?? 0) : Number.NaN
  return column
}

function readValues(from: ByteReader, mode: number, count: number): Float64Array {
  switch (mode) {
    case modes.raw:
      return readRaw(from.bytes(count * 8), count)
    case modes.constant:
    case modes.plain:
    case modes.delta:
    case modes.deltaOfDelta:
      return readWholes(from, mode, count)
    default:
      throw new ChunkDamagedError(`a sealed column cannot lie as ${mode}`)
  }
}

function readWholes(from: ByteReader, mode: Mode, count: number): Float64Array {
  const scale = powers[from.byte()] ?? 1
  const base = from.int()
  if (mode === modes.constant) return new Float64Array(count).fill(base / scale)
  const unit = from.uint()
  const values = new Float64Array(count)
  let steps = 0
  let step = 0
  for (let index = 0; index < count; index += 1) {
    if (mode === modes.plain) steps = from.uint()
    else {
      step = from.int() + (mode === modes.delta ? 0 : step)
      steps += step
    }
    values[index] = (base + steps * unit) / scale
  }
  return values
}

function readRaw(bytes: Uint8Array, count: number): Float64Array {
  const values = new Float64Array(count)
  const to = new Uint8Array(values.buffer)
  for (let index = 0; index < to.length; index += 1) {
    to[index] = bytes[(index % 8) * count + Math.floor(index / 8)] ?? 0
  }
  return values
}
