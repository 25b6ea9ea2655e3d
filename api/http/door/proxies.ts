import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { plainAddress } from '../client.ts'

/** What a request says of its asker, where those are believed who brought it. */
export interface Forwarded {
  address: string
  secure: boolean
  host: string | undefined
}

export interface TrustedProxies {
  isTrusted(address: string): boolean
  /** @param tls whether the request came over TLS to us. */
  read(request: IncomingMessage, tls: boolean): Forwarded
}

/**
 * Believes `X-Forwarded-For`, `-Proto` and `-Host` from these addresses only (CIDR; an address alone is itself). Of a chain of
 * proxies the last address that is not one of them is the asker: what stands before it anybody can have written.
 */
export function createTrustedProxies(ranges: readonly string[]): TrustedProxies {
  const list = new BlockList()
  for (const range of ranges) addRange(list, range)

  function isTrusted(address: string): boolean {
    const version = isIP(address)
    return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4')
  }

  function askerOf(header: string | undefined, peer: string): string {
    let asker = peer
    for (const entry of (header ?? '').split(',').toReversed()) {
      const address = addressIn(entry)
      if (address === undefined) return asker
      asker = address
      if (!isTrusted(address)) return asker
    }
    return asker
  }

  return {
    isTrusted,
    read({ socket, headers }, tls) {
      const peer = plainAddress(socket.remoteAddress)
      if (!isTrusted(peer)) return { address: peer, secure: tls, host: headers.host }
      const scheme = lastOf(headers['x-forwarded-proto'])?.toLowerCase()
      return {
        address: askerOf(joined(headers['x-forwarded-for']), peer),
        secure: scheme === undefined ? tls : scheme === 'https',
        host: lastOf(headers['x-forwarded-host']) ?? headers.host,
      }
    },
  }
}

function addRange(list: BlockList, range: string): void {
  const [address = '', bits] = range.split('/')
  const version = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (bits === undefined) list.addAddress(address, version)
  else list.addSubnet(address, Number(bits), version)
}

/** `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`. */
function addressIn(entry: string): string | undefined {
  const text = entry.trim()
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text
  const address = plainAddress(bare)
  return isIP(address) === 0 ? undefined : address
}

function joined(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header
}

function lastOf(header: string | string[] | undefined): string | undefined {
  const last = joined(header)?.split(',').at(-1)?.trim()
  return last === undefined || last === '' ? undefined : last
}
