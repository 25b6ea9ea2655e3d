import type { Duplex } from 'node:stream'
import { pingreq, pingresp } from './bytes.ts'
import type { Case, Step, Subject } from './case.ts'

const answerWithinMs = 5000

interface Wire {
  stream: Duplex
  come: Buffer
  closed: boolean
  /** Called when anything of this changes. */
  changed: () => void
}

/** How to reach the broker: a TCP socket or a WebSocket, connected. */
export type OpenWire = () => Promise<Duplex>

function watch(stream: Duplex): Wire {
  const wire: Wire = { stream, come: Buffer.alloc(0), closed: false, changed: () => undefined }
  stream.on('data', (chunk: Buffer) => {
    wire.come = Buffer.concat([wire.come, chunk])
    wire.changed()
  })
  stream.on('error', () => undefined)
  for (const event of ['end', 'close']) {
    stream.once(event, () => {
      wire.closed = true
      wire.changed()
    })
  }
  return wire
}

function until(wire: Wire, holds: () => boolean): Promise<boolean> {
  if (holds()) return Promise.resolve(true)
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, answerWithinMs, false)
    wire.changed = () => {
      if (!holds()) return
      clearTimeout(timer)
      resolve(true)
    }
  })
}

async function expectAnswer(wire: Wire, answer: Buffer): Promise<string | undefined> {
  await until(wire, () => wire.come.length >= answer.length || wire.closed)
  const came = wire.come.subarray(0, answer.length)
  if (!came.equals(answer)) return `${answer.toString('hex')} was due, ${wire.come.toString('hex') || 'nothing'} came`
  wire.come = wire.come.subarray(answer.length)
  return undefined
}

async function expectClosed(wire: Wire): Promise<string | undefined> {
  await until(wire, () => wire.closed || wire.come.length > 0)
  if (wire.come.length > 0) return `${wire.come.toString('hex')} came before the end`
  return wire.closed ? undefined : 'it was not closed'
}

async function take(wire: Wire, step: Step): Promise<string | undefined> {
  if ('send' in step) wire.stream.write(step.send)
  if ('drip' in step)
    for (const byte of step.drip) {
      wire.stream.write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
  if ('end' in step) wire.stream.end()
  if ('destroy' in step) wire.stream.destroy()
  if ('answer' in step) return expectAnswer(wire, step.answer)
  if ('closed' in step) return expectClosed(wire)
  if ('open' in step) {
    wire.stream.write(pingreq)
    return expectAnswer(wire, pingresp)
  }
  return undefined
}

/** What went otherwise than the case says, with the number of its step; `undefined` if nothing did. */
export async function runCase({ steps }: Case, subject: Subject, openWire: OpenWire): Promise<string | undefined> {
  const wires = new Map<string, Wire>()
  try {
    for (const [index, step] of steps(subject).entries()) {
      const on = step.on ?? 'a'
      const wire = wires.get(on) ?? watch(await openWire())
      wires.set(on, wire)
      const fault = await take(wire, step)
      if (fault !== undefined) return `step ${index + 1}: ${fault}`
    }
    return undefined
  } finally {
    for (const { stream } of wires.values()) stream.destroy()
  }
}
