import type { Delivery } from './publish-frame.ts'

/** Messages that wait for one subscriber, oldest first. */
export interface MessageQueue {
  readonly length: number
  /** Memory that they take. */
  readonly bytes: number
  /** Adds one; past the limit the oldest go. Returns how many went, this one too where it is too large by itself. */
  push(delivery: Delivery, maxBytes: number): number
  first(): Delivery | undefined
  shift(): void
}

/** A frame has a buffer of its own, and stands in a queue: measured, V8 of Node 24. */
const overheadBytes = 256
/** Places at the front that were emptied, before the rest moves there. */
const moveAfter = 1024

/**
 * What is dropped is the oldest: a subscriber that was held up comes back to the present with one gap behind it, and is not told
 * for minutes what was so before.
 */
export function createMessageQueue(): MessageQueue {
  let queue: (Delivery | undefined)[] = []
  let head = 0
  let bytes = 0

  const sizeOf = (delivery: Delivery | undefined) => (delivery?.frame.bytes.length ?? 0) + overheadBytes

  const waiting: MessageQueue = {
    get length() {
      return queue.length - head
    },
    get bytes() {
      return bytes
    },
    push(delivery, maxBytes) {
      queue.push(delivery)
      bytes += sizeOf(delivery)
      let dropped = 0
      while (bytes > maxBytes && waiting.length > 0) {
        waiting.shift()
        dropped += 1
      }
      return dropped
    },
    first: () => queue[head],
    shift() {
      bytes -= sizeOf(queue[head])
      queue[head] = undefined
      head += 1
      if (head === queue.length) {
        queue = []
        head = 0
      } else if (head >= moveAfter && head * 2 > queue.length) {
        queue = queue.slice(head)
        head = 0
      }
    },
  }
  return waiting
}
