import type { Client } from 'aedes'

/** Where a connection comes from; behind the HTTP port, what the api says. */
export function addressOf({ conn, req }: Client): string {
  const forwarded = req?.headers['x-forwarded-for']
  if (typeof forwarded === 'string') return forwarded
  return 'remoteAddress' in conn ? String(conn.remoteAddress) : ''
}
