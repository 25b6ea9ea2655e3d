import type { Client } from 'aedes'
import { inside } from '../aedes-inside.ts'

/** Answers a PUBLISH of QoS 1; `done` once its connection may go on. */
export type Acknowledge = (messageId: number, done: () => void) => void

const pubackBytes = 4

/**
 * PUBACKs of one connection. A sync of the journal acknowledges many messages at once: those of one connection leave in
 * one write, in the order in which they came [MQTT-4.6.0-2].
 */
export function createPubacks(client: Client): Acknowledge {
  let due: number[] = []
  let waiting: (() => void)[] = []

  function write(): void {
    const bytes = Buffer.allocUnsafe(due.length * pubackBytes)
    for (const [n, messageId] of due.entries()) bytes.writeUInt32BE(0x40_02_00_00 + messageId, n * pubackBytes)
    const all = waiting
    due = []
    waiting = []
    const goOn = () => {
      for (const done of all) done()
    }
    if (client.conn.destroyed || client.conn.write(bytes)) goOn()
    else inside(client).waitForDrain(goOn)
  }

  return (messageId, done) => {
    if (due.length === 0) process.nextTick(write)
    due.push(messageId)
    waiting.push(done)
  }
}
