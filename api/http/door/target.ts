import type { IncomingMessage } from 'node:http'

/**
 * Brings a target in absolute form (`GET http://name/path`) into the usual one, and gives the name in it, which counts for
 * more than `Host` (RFC 9112, 3.2.2). `undefined`: the target names nobody.
 */
export function normalTarget(request: IncomingMessage): string | undefined {
  const { url = '/' } = request
  if (url.startsWith('/') || url === '*') return undefined
  const found = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url)
  if (found === null) return ''
  const [, name = '', rest = ''] = found
  request.url = rest.startsWith('/') ? rest : `/${rest}`
  return name
}

export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? url
}
