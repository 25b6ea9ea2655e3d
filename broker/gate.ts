import type { Aedes, Client } from 'aedes'

/**
 * Frame limits in front of Aedes, whose parser has none: a peer that announces 256 MB would otherwise be believed,
 * even before it said who it is. Touches `client._parser`, which is private to Aedes 1.2.0: the version is pinned,
 * and `test/broker/server.test.ts` fails if the field goes away.
 */
interface ParserInside {
  _parser: {
    _parseLength(): boolean
    _emitError(error: Error): boolean
    packet: { length: number; cmd: string | null }
  }
}

export interface FrameLimits {
  /** Bytes of a first packet. */
  connectBytes: number
  /** Bytes of any later packet. */
  packetBytes: number
}

/** Ends a connection at the header of a packet that is too long, before any of its body is kept. */
export function guardFrames(client: Client, limits: FrameLimits, refused: (reason: string) => void): void {
  // The field is there in the pinned version; the type does not show it.
  const parser = (client as unknown as ParserInside)._parser
  const parseLength = parser._parseLength.bind(parser)
  parser._parseLength = () => {
    if (!parseLength()) return false
    const limit = client.connected || client.connecting ? limits.packetBytes : limits.connectBytes
    if (parser.packet.length <= limit) return true
    refused('packet-too-large')
    return parser._emitError(new Error(`packet of ${parser.packet.length} bytes, at most ${limit}`))
  }
}

interface DrainInside {
  waitForDrain(callback: (error: Error | null, client: Client) => void): void
}

/** Answers that a client may leave unread, bytes; an honest one has a few acknowledgements of 4 bytes under way. */
const mostUnreadBytes = 256 * 1024

/**
 * A socket that does not drain must not hold up Aedes' one queue for all (its default waits 60 s for it), and one that
 * is sent to and never read must not fill the memory.
 */
export function neverWaitForDrain(client: Client, refused: (reason: 'not-reading') => void): void {
  // Private to the pinned version, as above.
  const inside = client as unknown as DrainInside
  inside.waitForDrain = (callback) => {
    if (client.conn.writableLength > mostUnreadBytes && !client.conn.destroyed) {
      refused('not-reading')
      client.conn.destroy()
    }
    setImmediate(callback, null, client)
  }
}

interface RegistrationInside {
  clients: Record<string, Client | undefined>
  registerClient(client: Client): void
}

/** Tells of a connection that is about to be ended because its client has come back on another one. */
export function watchTakeovers(aedes: Aedes, takenOver: (client: Client) => void): void {
  // Private to the pinned version, as above.
  const inside = aedes as unknown as RegistrationInside
  const register = inside.registerClient.bind(aedes)
  inside.registerClient = (client) => {
    const before = inside.clients[client.id]
    if (before !== undefined) takenOver(before)
    register(client)
  }
}
