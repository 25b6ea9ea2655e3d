import type { DeviceCredential } from '../../contract/ports/credentials.ts'
import type { RefusalReason } from '../inbound/refusals.ts'
import { copyOf, formOf, type Queued, queuedOf, sizeOf } from './outgoing.ts'
import type { OpenedSessionFile } from './session-file.ts'

interface Retained {
  credential: DeviceCredential
  packet: Queued
  form: string
}

const retainedItem = 'retained'

export interface RetainedStatusParts {
  opened: OpenedSessionFile
  /** Bytes of a retained status. */
  maxBytes: number
  refused: (reason: RefusalReason) => void
  /** As which a device signed in last. */
  credentialOf: (deviceId: string) => DeviceCredential | undefined
}

export type RetainedStatus = ReturnType<typeof openRetainedStatus>

/** Keeps the retained status of each device, also over the process. */
export function openRetainedStatus({ opened, maxBytes, refused, credentialOf }: RetainedStatusParts) {
  const { file, items } = opened
  const retained = new Map<string, Retained>()

  for (const { device, item, form } of items) {
    if (item !== retainedItem) continue
    // Our own words, sealed.
    const { credential, packet } = JSON.parse(form)
    retained.set(device, { credential, packet: queuedOf(packet), form })
  }

  function drop(id: string): void {
    if (retained.delete(id)) file.put(id, retainedItem, undefined)
  }

  return {
    drop,

    /** Not waited for: it is in the journal, and nobody is sent what is kept here. */
    keep(id: string, given: Queued): void {
      const credential = credentialOf(id)
      const size = sizeOf(given)
      if (size > maxBytes) return refused('retained-too-large')
      if (size === 0 || credential === undefined) return drop(id)
      const packet = copyOf({ ...given, brokerCounter: 0, dup: false })
      const form = JSON.stringify({ credential, packet: formOf(packet) })
      const before = retained.get(id)
      retained.set(id, { credential, packet, form })
      if (before?.form !== form) file.put(id, retainedItem, form)
    },

    of: (id: string): (Queued & { payload: Buffer }) | undefined => {
      const packet = retained.get(id)?.packet
      return packet?.payload === undefined ? undefined : { ...packet, payload: packet.payload }
    },

    *topics(): Iterable<string> {
      for (const { packet } of retained.values()) yield packet.topic
    },

    packets: (topics: readonly string[]): Queued[] =>
      [...retained.values()].map(({ packet }) => packet).filter(({ topic }) => topics.includes(topic)),

    credentials: (): DeviceCredential[] => [...retained.values()].map(({ credential }) => credential),
  }
}
