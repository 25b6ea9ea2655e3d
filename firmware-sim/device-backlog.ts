export interface ReadingCounters {
  /** Readings measured. */
  measured: number
  /** Readings handed to the broker, each once. */
  published: number
  /** Readings handed over again after a lost connection. */
  resent: number
  /** Readings for which a PUBACK came. */
  acknowledged: number
  /** Readings that fell out of a full backlog. */
  dropped: number
}

/** Readings of a device until they are acknowledged, in order, with those that are under way. */
export interface DeviceBacklog {
  /** Past its bound the oldest readings go. */
  add(payload: string): void
  /** The oldest readings that go into one message, which is under way from now on; `undefined`: none may go now. */
  next(): Message | undefined
  /** A PUBACK came. False: its connection had broken, and it was given back. */
  acknowledged(message: Message): boolean
  /** What was under way is to be sent again, first. */
  giveBack(): void
  /** Readings not acknowledged yet. */
  size(): number
}

interface Entry {
  payload: string
  sentBefore: boolean
}

type Message = readonly Entry[]

/** Of a bus at 5 s these are 80 minutes. */
const backlogEntries = 1000
/** Messages under way at once; further readings wait, and go together in one message. */
const messagesInFlight = 10
const readingsPerMessage = 200
const bytesPerMessage = 60_000

export function createDeviceBacklog(counters: ReadingCounters): DeviceBacklog {
  let backlog: Entry[] = []
  let inFlight: Message[] = []

  return {
    add(payload) {
      counters.measured += 1
      backlog.push({ payload, sentBefore: false })
      while (backlog.length > backlogEntries) {
        backlog.shift()
        counters.dropped += 1
      }
    },
    next() {
      if (backlog.length === 0 || inFlight.length >= messagesInFlight) return undefined
      const message = oldestOf(backlog)
      backlog = backlog.slice(message.length)
      inFlight.push(message)
      for (const entry of message) {
        counters[entry.sentBefore ? 'resent' : 'published'] += 1
        entry.sentBefore = true
      }
      return message
    },
    acknowledged(message) {
      const place = inFlight.indexOf(message)
      if (place === -1) return false
      inFlight.splice(place, 1)
      counters.acknowledged += message.length
      return true
    },
    giveBack() {
      backlog = [...inFlight.flat(), ...backlog]
      inFlight = []
    },
    size: () => backlog.length + inFlight.reduce((sum, message) => sum + message.length, 0),
  }
}

/** A reading alone, or an array of them. */
export function payloadOf(message: Message): string {
  return message.length === 1 ? (message[0]?.payload ?? '') : `[${message.map(({ payload }) => payload).join(',')}]`
}

/** The oldest entries that go into one message. What is no JSON object goes alone: it would spoil its neighbours. */
function oldestOf(backlog: readonly Entry[]): Entry[] {
  const message: Entry[] = []
  let bytes = 0
  for (const entry of backlog.slice(0, readingsPerMessage)) {
    bytes += entry.payload.length + 1
    const alone = !isObject(entry.payload)
    if (message.length > 0 && (alone || bytes > bytesPerMessage)) break
    message.push(entry)
    if (alone) break
  }
  return message
}

function isObject(payload: string): boolean {
  return payload.startsWith('{') && payload.endsWith('}')
}
