import { openJournalWriter } from '../../../storage/journal/writer.ts'

/** A process that appends numbered entries until it is killed, and tells each number that was acknowledged. */
const [dir = '', first = '0'] = process.argv.slice(2)
const writer = openJournalWriter({ dir, quotaBytes: 1e9, segmentBytes: 20_000 })

function append(n: number): void {
  const payload = Buffer.from(`{"n":${n}}`)
  const topic = 'binjai/v1/bus/bus-07/telemetry'
  writer.append(
    {
      receivedAtMs: 1_795_235_000_000 + n,
      type: 'message',
      principal: 'bus-07',
      topic,
      payload,
      qos: 1,
      dup: false,
      readings: 1,
    },
    (error) => {
      if (error !== undefined) throw error
      process.send?.(n)
      append(n + 20)
    },
  )
}

for (let n = 0; n < 20; n += 1) append(Number(first) + n)
