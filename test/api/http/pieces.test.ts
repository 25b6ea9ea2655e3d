import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import express from 'express'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { createPieceWriter, jsonPieces } from '../../../api/http/pieces.ts'

test('the pieces are the JSON text of the whole, whatever it is', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      expect([...jsonPieces(value)].join('')).toBe(JSON.stringify(value))
    }),
  )
  const long = { items: Array.from({ length: 1000 }, (_none, n) => [n, n / 3]), gone: undefined, none: [], empty: {} }
  expect([...jsonPieces(long)].join('')).toBe(JSON.stringify(long))
})

test('no piece holds more than one of the long lists within a list', () => {
  const ids = (count: number) => Array.from({ length: count }, (_none, n) => `device-${n}`)
  const items = Array.from({ length: 20 }, (_none, n) => ({ id: n, deviceIds: ids(n === 7 ? 3 : 5000) }))
  const pieces = [...jsonPieces({ items })]
  expect(pieces.join('')).toBe(JSON.stringify({ items }))
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(JSON.stringify(ids(200)).length)
})

/** A server that answers with this, in pieces. */
async function answering(value: unknown): Promise<string> {
  const writer = createPieceWriter()
  const app = express().get('/', async (_request, response) => writer.write(response, jsonPieces(value)))
  const server = createServer(app).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // It listens on a port.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

test('an answer of many megabytes arrives whole for all who ask at once, with others served in between', async () => {
  const value = {
    items: Array.from({ length: 60_000 }, (_none, n) => ({ id: `device-${n}`, metrics: { a: n, b: n / 7 } })),
  }
  const url = await answering(value)
  let turns = 0
  const counting = setInterval(() => {
    turns += 1
  }, 1)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const texts = await Promise.all(Array.from({ length: 4 }, async () => (await fetch(url)).text()))
  delay.disable()
  clearInterval(counting)
  for (const text of texts) expect(text === JSON.stringify(value)).toBe(true)
  // 4 x 60,000 elements in slices of 5 ms.
  expect(turns).toBeGreaterThan(10)
})

test('whoever leaves in the middle of an answer keeps nothing going', async () => {
  let taken = 0
  function* endless(): Generator<string> {
    for (;;) {
      taken += 1
      yield 'x'.repeat(10_000)
    }
  }
  const writer = createPieceWriter()
  let ended = false
  const app = express().get('/', async (_request, response) => {
    await writer.write(response, endless())
    ended = true
  })
  const server = createServer(app).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const leaving = new AbortController()
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
    signal: leaving.signal,
  })
  await response.body?.getReader().read()
  leaving.abort()
  await expect.poll(() => ended).toBe(true)
  const then = taken
  await new Promise((resolve) => setImmediate(resolve))
  expect(taken).toBe(then)
})
