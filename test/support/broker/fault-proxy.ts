import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Random } from '../../../firmware-sim/random.ts'

/** What the network does to each direction of every connection. */
export interface Faults {
  /** Each chunk is late by this, and by up to `jitterMs` more; the order stays, as TCP keeps it. */
  delayMs?: number
  jitterMs?: number
  /** Bits a second of all connections together, each direction; without limit when absent. */
  bitsPerS?: number
  /** Share of chunks whose packet is lost: they come `stallMs` later, as TCP sends again. */
  loss?: number
  /** A first retransmission of TCP comes after 200 ms at the least (RFC 6298: 1 s before there is a measurement). */
  stallMs?: number
  /** Share of chunks at which the connection is reset. */
  resets?: number
  /** Nothing passes; connections stay open and new ones are accepted by the kernel. */
  frozen?: boolean
  /** No new connection. Those that are there go on. */
  refusing?: boolean
}

export interface FaultProxy {
  port: number
  /** Takes the place of all faults of before. */
  set(faults: Faults): void
  /** Ends every connection at once, both sides, with RST. */
  reset(): void
  /** Nothing passes any more on the connections that are there, as when a router has forgotten them; new ones are well. */
  strand(): void
  /** The target sees the end of the stream, the other direction stays open. */
  halfClose(): void
  /** The next `bytes` bytes towards the target pass, then the connection ends in the middle of whatever that is. */
  truncateAfter(bytes: number): void
  /** Connections from outside at present. */
  connections(): number
  close(): Promise<void>
}

/** A TCP proxy on loopback that does what networks do. No root, no kernel module. */
export async function startFaultProxy(targetPort: number, random: Random = Math.random): Promise<FaultProxy> {
  let faults: Faults = {}
  const pairs = new Set<Pair>()
  const freeAtMs = { in: 0, out: 0 }

  /** When a chunk of this size may arrive, over the one line that all share. */
  function arrivalMs(direction: 'in' | 'out', bytes: number): number {
    const { delayMs = 0, jitterMs = 0, bitsPerS, loss = 0, stallMs = 300 } = faults
    const now = performance.now()
    const begin = Math.max(now, freeAtMs[direction])
    freeAtMs[direction] = begin + (bitsPerS === undefined ? 0 : (bytes * 8000) / bitsPerS)
    return freeAtMs[direction] + delayMs + random() * jitterMs + (random() < loss ? stallMs : 0)
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (faults.refusing === true) return void client.resetAndDestroy()
    const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
    const pair = joinSockets({ client, target, arrivalMs, faults: () => faults, random })
    pairs.add(pair)
    client.once('close', () => pairs.delete(pair))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port')

  return {
    port: address.port,
    set(next) {
      faults = next
      for (const pair of pairs) pair.wake()
    },
    reset() {
      for (const pair of pairs) pair.reset()
    },
    strand() {
      for (const pair of pairs) pair.strand()
    },
    halfClose() {
      for (const pair of pairs) pair.halfClose()
    },
    truncateAfter(bytes) {
      for (const pair of pairs) pair.truncateAfter(bytes)
    },
    connections: () => pairs.size,
    async close() {
      for (const pair of pairs) pair.reset()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Pair {
  wake(): void
  reset(): void
  strand(): void
  halfClose(): void
  truncateAfter(bytes: number): void
}

interface PairOptions {
  client: Socket
  target: Socket
  arrivalMs(direction: 'in' | 'out', bytes: number): number
  faults(): Faults
  random: Random
}

/** A sender is paused past this, as a full window does. */
const maxQueuedBytes = 64 * 1024

function joinSockets({ client, target, arrivalMs, faults, random }: PairOptions): Pair {
  let bytesLeft = Number.POSITIVE_INFINITY
  let stranded = false

  function reset(): void {
    for (const socket of [client, target]) if (!socket.destroyed) socket.resetAndDestroy()
    for (const line of [inwards, outwards]) line.stop()
  }

  function cutShort(chunk: Buffer): Buffer {
    const kept = chunk.subarray(0, bytesLeft)
    bytesLeft -= kept.length
    if (bytesLeft <= 0) setImmediate(reset)
    return kept
  }

  const line = (from: Socket, to: Socket, direction: 'in' | 'out') =>
    openLine({
      from,
      to,
      isFrozen: () => stranded || faults().frozen === true,
      arrivalMs: (bytes) => arrivalMs(direction, bytes),
      passes(chunk) {
        if (random() < (faults().resets ?? 0)) reset()
        return direction === 'in' && Number.isFinite(bytesLeft) ? cutShort(chunk) : chunk
      },
    })
  const inwards = line(client, target, 'in')
  const outwards = line(target, client, 'out')
  for (const socket of [client, target]) socket.on('error', reset)
  return {
    wake() {
      inwards.wake()
      outwards.wake()
    },
    reset,
    strand() {
      stranded = true
    },
    halfClose: () => void target.end(),
    truncateAfter(bytes) {
      bytesLeft = bytes
    },
  }
}

interface LineOptions {
  from: Socket
  to: Socket
  isFrozen(): boolean
  arrivalMs(bytes: number): number
  passes(chunk: Buffer): Buffer
}

/** One direction: chunks in their order, each not before its time; then the end. */
function openLine({ from, to, isFrozen, arrivalMs, passes }: LineOptions) {
  const queue: { chunk: Buffer | undefined; dueMs: number }[] = []
  let queuedBytes = 0
  let timer: NodeJS.Timeout | undefined
  let lastDueMs = 0

  function put(chunk: Buffer | undefined, bytes: number): void {
    lastDueMs = Math.max(lastDueMs, arrivalMs(bytes))
    queue.push({ chunk, dueMs: lastDueMs })
    queuedBytes += bytes
    if (queuedBytes > maxQueuedBytes) from.pause()
    pump()
  }

  function pump(): void {
    clearTimeout(timer)
    while (!isFrozen()) {
      const [next] = queue
      if (next === undefined) return
      const waitMs = next.dueMs - performance.now()
      if (waitMs > 0) {
        timer = setTimeout(pump, waitMs)
        return
      }
      queue.shift()
      deliver(next.chunk)
    }
  }

  function deliver(chunk: Buffer | undefined): void {
    if (to.destroyed) return
    if (chunk === undefined) return void to.end()
    queuedBytes -= chunk.length
    if (queuedBytes <= maxQueuedBytes) from.resume()
    const kept = passes(chunk)
    if (!to.destroyed) to.write(kept)
  }

  from.on('data', (chunk: Buffer) => put(chunk, chunk.length))
  from.on('end', () => put(undefined, 0))
  from.on('close', () => put(undefined, 0))
  return {
    wake: pump,
    stop: () => clearTimeout(timer),
  }
}
