/** An address as it stands in a URL: IPv6 in brackets (RFC 3986 3.2.2), its zone with `%25` (RFC 6874). */
export function hostInUrl(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host.replace('%', '%25')}]` : host
}

/** `http://[::1]:8080`; the one place where scheme, host and port are joined. */
export function urlAt(scheme: string, host: string, port: number): string {
  return `${scheme}://${hostInUrl(host)}:${port}`
}

/** The address in a URL, as programs take it that are not given a URL. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}
