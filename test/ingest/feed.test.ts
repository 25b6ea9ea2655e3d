import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { connectIngest } from '../../api/links/ingest-link.ts'
import type { FeedLine } from '../../contract/feed.ts'
import { newDeviceState } from '../../ingest/device-state.ts'
import { createFeedServer, snapshotLines } from '../../ingest/feed-server.ts'
import { tempDir } from '../support/system/temp-dir.ts'

function changes(bytes: number): FeedLine {
  const line: FeedLine = { type: 'changes', atMs: 0, devices: [] }
  return { ...line, filler: 'x'.repeat(bytes) } as FeedLine // only its size counts here
}

test('a listener that does not read is cut off, however large its snapshot was, and not before', () => {
  const mib = 1024 * 1024
  const feed = createFeedServer({ snapshot: () => [changes(40 * mib)] })
  const stream = new PassThrough()
  feed.add(stream)
  for (let n = 0; n < 10; n += 1) feed.send(changes(mib))
  expect(stream.destroyed).toBe(false)
  for (let n = 0; n < 10; n += 1) feed.send(changes(mib))
  expect(stream.destroyed).toBe(true)
})

test('an ingest that hangs is told as gone, and is asked again', async () => {
  const path = join(tempDir(), 'ingest.sock')
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.writeHead(200)
    response.write('{"type":"snapshot","atMs":1,"devices":[],"left":0}\n')
  }).listen(path)
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const heard: (boolean | string)[] = []
  const stop = connectIngest(path, { silentAfterMs: 100 }).feed.subscribe({
    line: ({ type }) => heard.push(type),
    connected: (up) => heard.push(up),
  })
  onTestFinished(stop)
  await expect.poll(() => asked).toBeGreaterThan(1)
  expect(heard.slice(0, 3)).toEqual(['snapshot', true, false])
})

test('a question to an ingest that dies in the middle of its answer is answered with an error', async () => {
  const path = join(tempDir(), 'ingest.sock')
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"half')
    setImmediate(() => response.destroy())
  }).listen(path)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  await expect(connectIngest(path).control.retry(1)).rejects.toThrow()
})

test('a line of the feed names 50 devices at most, and a snapshot of more says how much of it is left', () => {
  const devices = (count: number) => Array.from({ length: count }, (_, n) => newDeviceState(`bus-${n}`))
  const shape = (lines: ReturnType<typeof snapshotLines>) =>
    lines.map(({ type, devices: { length }, left }) => [type, length, left])
  expect(shape(snapshotLines([], 0))).toEqual([['snapshot', 0, 0]])
  expect(shape(snapshotLines(devices(50), 0))).toEqual([['snapshot', 50, 0]])
  expect(shape(snapshotLines(devices(101), 0))).toEqual([
    ['snapshot', 50, 2],
    ['changes', 50, 1],
    ['changes', 1, 0],
  ])
})

test('changes are told in lines of 50 devices, as JSON that was made once', () => {
  const told: string[] = []
  const feed = createFeedServer({ snapshot: () => [] })
  feed.sendChanges(['{"id":"bus-0"}'], 7)
  feed.add(new Writable({ write: (chunk, _encoding, done) => done(void told.push(String(chunk))) }))
  feed.sendChanges([], 7)
  feed.sendChanges(
    Array.from({ length: 51 }, (_, n) => JSON.stringify({ id: `bus-${n}` })),
    7,
  )
  const lines = told.map((line) => JSON.parse(line))
  expect(lines.map(({ type, atMs, devices }) => [type, atMs, devices.length])).toEqual([
    ['changes', 7, 50],
    ['changes', 7, 1],
  ])
  expect(lines[1].devices).toEqual([{ id: 'bus-50' }])
  expect(told.every((line) => line.endsWith('}\n'))).toBe(true)
})
