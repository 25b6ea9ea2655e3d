import { openSync, writeSync } from 'node:fs'
import { openJournalWriter } from '../../../storage/journal/writer.ts'

/**
 * A process that appends numbered entries to a journal and writes each number that was acknowledged into a file at
 * once, so that a recording of its system calls holds the moment of every acknowledgement. It goes on at `first`.
 */
const [dir = '', acknowledgements = '', count = '0', first = '0'] = process.argv.slice(2)
const writer = openJournalWriter({ dir, quotaBytes: 1e9, segmentBytes: 60_000 })
const file = openSync(acknowledgements, 'a')
const atOnce = 8
let next = Number(first)
let left = Number(count) - next

function append(): void {
  const n = next
  if (n >= Number(count)) return
  next += 1
  const payload = Buffer.from(`{"n":${n},"filler":"${'x'.repeat((n * 37) % 700)}"}`)
  const topic = 'binjai/v1/bus/bus-07/telemetry'
  const entry = { receivedAtMs: 1_795_235_000_000 + n, type: 'message', principal: 'bus-07', topic, qos: 1 } as const
  writer.append({ ...entry, payload, dup: false, readings: 1 }, (error) => {
    if (error !== undefined) throw error
    writeSync(file, `${n}\n`)
    left -= 1
    if (left === 0) process.exit(0)
    append()
  })
}

for (let n = 0; n < atOnce; n += 1) append()
