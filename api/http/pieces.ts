import type { Response } from 'express'
import { createOwnTurn } from '../../storage/own-turn.ts'

/** A list within an element that is longer than this is encoded by itself. */
const longList = 200
/** Elements of a list that are encoded at once: of the largest, texts in quarantine, they take a few ms. */
const elementsAtOnce = 16
/** How deep lists and records are taken apart; what lies deeper is small. */
const depthTaken = 4

/** The JSON text of a value in pieces that are quickly made each. */
export function* jsonPieces(value: unknown, depth = depthTaken): Generator<string> {
  if (depth === 0 || typeof value !== 'object' || value === null) yield JSON.stringify(value)
  else if (Array.isArray(value)) yield* listPieces(value, depth)
  else yield* recordPieces(value, depth)
}

function* listPieces(list: readonly unknown[], depth: number): Generator<string> {
  let before = '['
  for (let at = 0; at < list.length; at += elementsAtOnce) {
    const some = list.slice(at, at + elementsAtOnce)
    if (some.some(isLong)) {
      for (const element of some) {
        yield before
        yield* jsonPieces(element, depth - 1)
        before = ','
      }
    } else yield `${before}${JSON.stringify(some).slice(1, -1)}`
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

function isLong(element: unknown): boolean {
  if (typeof element !== 'object' || element === null) return false
  for (const part of Object.values(element)) if (Array.isArray(part) && part.length > longList) return true
  return false
}

function* recordPieces(record: object, depth: number): Generator<string> {
  let before = '{'
  for (const [key, value] of Object.entries(record)) {
    if (value === undefined) continue
    yield `${before}${JSON.stringify(key)}:`
    yield* jsonPieces(value, depth - 1)
    before = ','
  }
  yield before === '{' ? '{}' : '}'
}

/** Writes answers that take long to encode, a little at a time. */
export interface PieceWriter {
  /** Resolves when all of it was handed over, or nobody is there any more. */
  write(response: Response, pieces: Iterable<string>): Promise<void>
}

/** In one turn of the event loop, for all answers together. */
const sliceMs = 3
const bytesAtOnce = 65_536

/** One for a server: in each turn of the event loop one answer goes on for some ms, then the next one. */
export function createPieceWriter(): PieceWriter {
  const myTurn = createOwnTurn()

  async function writeRest(response: Response, left: Iterator<string>, begun: string): Promise<void> {
    let slice = { text: begun, done: false }
    while (!slice.done && !response.destroyed) {
      if (!response.write(slice.text)) await drained(response)
      await myTurn()
      slice = takeSlice(left)
    }
    response.end(slice.text)
  }

  return {
    async write(response, pieces) {
      const left = pieces[Symbol.iterator]()
      const { text, done } = takeSlice(left)
      if (!done) return writeRest(response, left, text)
      response.set('Content-Length', String(Buffer.byteLength(text))).end(text)
    },
  }
}

function takeSlice(left: Iterator<string>): { text: string; done: boolean } {
  const untilMs = performance.now() + sliceMs
  let text = ''
  for (;;) {
    const next = left.next()
    if (next.done === true) return { text, done: true }
    text += next.value
    if (text.length >= bytesAtOnce || performance.now() >= untilMs) return { text, done: false }
  }
}

function drained(response: Response): Promise<void> {
  if (response.destroyed || !response.writableNeedDrain) return Promise.resolve()
  return new Promise((resolve) => {
    const goOn = () => {
      response.off('drain', goOn).off('close', goOn)
      resolve()
    }
    response.on('drain', goOn).on('close', goOn)
  })
}
