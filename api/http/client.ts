import type { IncomingMessage } from 'node:http'

/** IP address of whoever asks; what is limited, slowed and noted by address goes by this one. */
export function clientAddress(request: IncomingMessage): string {
  return plainAddress(request.socket?.remoteAddress)
}

/** An IPv4 address that came in on an IPv6 socket is the IPv4 address (RFC 4291, 2.5.5.2). */
function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
