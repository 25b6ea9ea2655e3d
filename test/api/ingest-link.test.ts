import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connectIngest } from '../../api/links/ingest-link.ts'
import type { FeedLine } from '../../contract/feed.ts'
import { tempDir } from '../helpers/temp-dir.ts'

test('an ingest that dies in the middle of a line is found again, and nothing falls over', async () => {
  const socketPath = join(tempDir(), 'ingest.sock')
  const feeds: ServerResponse[] = []
  const server = createServer((_request, response) => {
    feeds.push(response)
    response.write(`${JSON.stringify({ type: 'snapshot', atMs: feeds.length, devices: [] })}\n{"type":"chan`)
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
