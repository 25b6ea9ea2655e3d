import type { Socket } from 'node:net'
import { networkOf } from '../../../contract/net/client-network.ts'

/** One connection as the limiter knows it. */
export interface AdmittedConnection {
  /** Something is asked on it; `false`: it waits for the next request. */
  busy(isBusy: boolean): void
  /** It proved who it is, or is somebody else's to bound: it is not sent away for others any more. */
  settle(): void
}

export interface ConnectionLimits {
  /** Connections of one network that have not proved who they are. */
  connectionsPerAddress: number
  /** All connections, so that the process keeps files for itself. */
  connections: number
}

export interface ConnectionLimiterParts {
  limits: ConnectionLimits
  now: () => number
  refused(reason: 'connections-of-address' | 'connections'): void
}

/** A connection has its first request answered before it goes: so long it is kept while there is room at all. */
const graceMs = 1000

interface Network {
  /** Strangers between two requests, and strangers that wait for an answer: longest first, with since when. */
  idle: Map<Socket, number>
  busy: Map<Socket, number>
}

/**
 * Decides who may stay. A network past its number loses its own connections, those first that have been idle longest: who
 * asks quickly is answered however many stand there. Where all are too many, the network with most strangers loses first.
 */
export function createConnectionLimiter({ limits, now, refused }: ConnectionLimiterParts) {
  const networks = new Map<string, Network>()
  let open = 0

  function leave(name: string, socket: Socket): void {
    const network = networks.get(name)
    if (network === undefined) return
    network.idle.delete(socket)
    network.busy.delete(socket)
    if (network.idle.size + network.busy.size === 0) networks.delete(name)
  }

  /** False: nobody there has been for so long. */
  function sendAway(name: string, beforeMs: number, reason: 'connections-of-address' | 'connections'): boolean {
    const network = networks.get(name)
    if (network === undefined) return false
    for (const sockets of [network.idle, network.busy]) {
      const [longest] = sockets
      if (longest === undefined) continue
      if (longest[1] > beforeMs) return false
      refused(reason)
      leave(name, longest[0])
      longest[0].destroy()
      return true
    }
    return false
  }

  function trim(name: string): void {
    const beforeMs = now() - graceMs
    for (;;) {
      const network = networks.get(name)
      if (network === undefined || network.idle.size + network.busy.size <= limits.connectionsPerAddress) return
      if (!sendAway(name, beforeMs, 'connections-of-address')) return
    }
  }

  function most(): string {
    let found = ''
    let size = 0
    for (const [name, { idle, busy }] of networks) {
      if (idle.size + busy.size <= size) continue
      size = idle.size + busy.size
      found = name
    }
    return found
  }

  return {
    /** `undefined`: it was refused, and destroyed. */
    admit(socket: Socket, address: string): AdmittedConnection | undefined {
      if (open >= limits.connections && !sendAway(most(), now(), 'connections')) {
        refused('connections')
        socket.destroy()
        return undefined
      }
      open += 1
      const name = networkOf(address)
      let settled = false
      const stand = (isBusy: boolean) => {
        if (settled || socket.destroyed) return
        const network = networks.get(name) ?? { idle: new Map(), busy: new Map() }
        networks.set(name, network)
        network.idle.delete(socket)
        network.busy.delete(socket)
        network[isBusy ? 'busy' : 'idle'].set(socket, now())
      }
      stand(false)
      socket.once('close', () => {
        open -= 1
        leave(name, socket)
      })
      trim(name)
      return {
        busy: stand,
        settle() {
          settled = true
          leave(name, socket)
        },
      }
    },
    /** Sends away what came too fast to be sent away at once; call it each second. */
    trimAll() {
      for (const name of [...networks.keys()]) trim(name)
    },
  }
}
