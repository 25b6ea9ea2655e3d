import type { IncomingMessage, ServerResponse } from 'node:http'

/** Who is at the other end of a request, as far as the network says it. */
export interface Client {
  /** IP address of the person or program that asks. */
  readonly address: string
  /** It came over TLS: to us, or to a proxy that is trusted. */
  readonly secure: boolean
  /** What the asker called us, with its port: `Host`, or what a proxy that is trusted says of it. */
  readonly host: string | undefined
  /** It proved who it is: its connection is not sent away for those of strangers, its requests do not count as theirs. */
  settle(): void
  /** Somebody else bounds its connection from now on. */
  handOver(): void
}

const clientKey = Symbol('client')

type Marked = IncomingMessage & { [clientKey]?: Client }

/** Said once, by the door, before anybody else sees the request. */
export function setClient(request: IncomingMessage, client: Client): void {
  const marked: Marked = request
  marked[clientKey] = client
}

/** What the door said of this request. */
export function clientOf(request: IncomingMessage): Client {
  const { [clientKey]: client }: Marked = request
  if (client !== undefined) return client
  const { socket, headers } = request
  return {
    address: plainAddress(socket?.remoteAddress),
    secure: false,
    host: headers.host,
    settle: () => undefined,
    handOver: () => undefined,
  }
}

/** IP address of whoever asks; what is limited, slowed and noted by address goes by this one. */
export const clientAddress = (request: IncomingMessage): string => clientOf(request).address

/** An IPv4 address that came in on an IPv6 socket is the IPv4 address (RFC 4291, 2.5.5.2). */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}

/** Aborted when the answer has gone out, or its connection has: nobody waits for it any more. */
export function untilAnswered(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  return gone.signal
}
