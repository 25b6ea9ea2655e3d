import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connectIngest } from '../../../api/links/ingest-link.ts'
import type { FeedLine } from '../../../contract/feed.ts'
import { newDeviceState } from '../../../ingest/device-state.ts'
import { snapshotLines } from '../../../ingest/feed-server.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

test('an ingest that dies in the middle of a line is found again, and nothing falls over', async () => {
  const socketPath = join(tempDir(), 'ingest.sock')
  const feeds: ServerResponse[] = []
  const server = createServer((_request, response) => {
    feeds.push(response)
    response.write(`${JSON.stringify({ type: 'snapshot', atMs: feeds.length, devices: [], left: 0 })}\n{"type":"chan`)
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const lines: FeedLine[] = []
  const up: boolean[] = []
  const line = (one: FeedLine) => void lines.push(one)
  onTestFinished(connectIngest(socketPath).feed.subscribe({ line, connected: (is) => void up.push(is) }))
  await expect.poll(() => lines).toMatchObject([{ atMs: 1 }])
  feeds[0]?.destroy()
  await expect.poll(() => lines).toMatchObject([{ atMs: 1 }, { atMs: 2 }])
  expect(up).toEqual([true, false, true])
})

/** An ingest that tells this of 5,000 devices, the last line of which waits until it is let go. */
async function largeIngest() {
  const socketPath = join(tempDir(), 'ingest.sock')
  const metrics = Object.fromEntries(Array.from({ length: 100 }, (_none, n) => [`value_${n}`, n / 7]))
  const memory = (n: number) => ({ ...newDeviceState(`bus-${n}`), metrics })
  const lines = snapshotLines(
    Array.from({ length: 5000 }, (_none, n) => memory(n)),
    1,
  ).map((line) => `${JSON.stringify(line)}\n`)
  const feeds: ServerResponse[] = []
  const server = createServer((_request, response) => {
    feeds.push(response)
    response.write(lines.slice(0, -1).join(''))
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { socketPath, feeds, lines, last: lines.at(-1) ?? '' }
}

test('ingest is not told as there before the whole snapshot was handed on, nor after it went away in the middle', async () => {
  const { socketPath, feeds, lines, last } = await largeIngest()
  const told: (string | boolean)[] = []
  const listener = { line: (line: FeedLine) => told.push(line.type), connected: (up: boolean) => told.push(up) }
  onTestFinished(connectIngest(socketPath).feed.subscribe(listener))
  await expect.poll(() => told.length).toBe(lines.length - 1)
  expect(told).not.toContain(true)
  feeds[0]?.destroy()
  await expect.poll(() => told.length).toBe(2 * lines.length - 1)
  expect(told[lines.length - 1]).toBe(false)
  feeds[1]?.write(last)
  await expect.poll(() => told.slice(-2)).toEqual(['changes', true])
  expect(told.filter((one) => one === true)).toEqual([true])
})

test('a snapshot is handed on a little at a time, in order, with others served in between', async () => {
  const { socketPath, feeds, last } = await largeIngest()
  let turns = 0
  const seen: [id: string | undefined, turn: number][] = []
  let counting = setImmediate(count)
  function count(): void {
    turns += 1
    counting = setImmediate(count)
  }
  const isWhole = Promise.withResolvers<void>()
  const work = (line: FeedLine) => {
    const untilMs = performance.now() + 2
    while (performance.now() < untilMs);
    if ('devices' in line) seen.push([line.devices[0]?.id, turns])
  }
  onTestFinished(connectIngest(socketPath).feed.subscribe({ line: work, connected: (up) => up && isWhole.resolve() }))
  await expect.poll(() => feeds.length).toBe(1)
  feeds[0]?.write(last)
  await isWhole.promise
  clearImmediate(counting)
  expect(seen.map(([id]) => id)).toEqual(Array.from({ length: 100 }, (_none, n) => `bus-${n * 50}`))
  const inOneTurn = Map.groupBy(seen, ([, turn]) => turn)
  // 2 ms each, in slices of 5 ms.
  expect(Math.max(...[...inOneTurn.values()].map(({ length }) => length))).toBeLessThanOrEqual(3)
})
