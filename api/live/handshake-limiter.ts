import type { IncomingMessage } from 'node:http'
import { networkOf } from '../../contract/net/client-network.ts'
import { clientAddress } from '../http/client.ts'

/** Of one network: more than all clients of a control room that come back at once. */
export const maxHandshakesOfNetwork = 256
/** Of all networks together, a few KB each. */
export const maxHandshakes = 2048

/** One that shook hands by Engine.IO. */
export interface Handshaken {
  request: IncomingMessage
  once(event: 'close', listener: () => void): unknown
  close(discard: boolean): unknown
}

/**
 * Bounds who shook hands and was not admitted yet. By long polling that needs no connection which stays, and so no other
 * limit counts it. Past the bounds the oldest of the network goes, or of the one that has most: whoever proves who he is
 * does so within ms.
 */
export function createHandshakeLimiter({
  refused,
  most = maxHandshakes,
  maxOfNetwork = maxHandshakesOfNetwork,
}: {
  refused: () => void
  most?: number
  maxOfNetwork?: number
}) {
  const networks = new Map<string, Set<Handshaken>>()
  let open = 0

  function leave(one: Handshaken): void {
    const name = networkOf(clientAddress(one.request))
    const network = networks.get(name)
    if (network?.delete(one) !== true) return
    open -= 1
    if (network.size === 0) networks.delete(name)
  }

  function endOldest(network: Set<Handshaken>): void {
    const [oldest] = network
    if (oldest === undefined) return
    refused()
    leave(oldest)
    oldest.close(true)
  }

  function largest(): Set<Handshaken> {
    return [...networks.values()].reduce((one, other) => (other.size > one.size ? other : one))
  }

  return {
    began(one: Handshaken): void {
      const name = networkOf(clientAddress(one.request))
      const network = networks.get(name) ?? new Set()
      networks.set(name, network.add(one))
      open += 1
      one.once('close', () => leave(one))
      if (network.size > maxOfNetwork) endOldest(network)
      else if (open > most) endOldest(largest())
    },
    /** Other limits count it from now on. */
    admitted: leave,
  }
}
