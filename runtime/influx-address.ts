/** Where InfluxDB is, and what it is shown; nothing of that stands in `url`. */
export interface InfluxAddress {
  url: string
  user: string | undefined
  password: string | undefined
  token: string | undefined
}

interface Given {
  url: string
  user?: string | undefined
  password?: string | undefined
  token?: string | undefined
}

/** Http or https, with or without a login in it; what a query or a fragment would be for has settings of its own. */
export function isInfluxUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || /[?#\s]/.test(text)) return false
  return decoded(url.username) !== undefined && decoded(url.password) !== undefined
}

/**
 * Takes the login out of the address, percent-decoded: no library gets it in a text that it might quote. What is set by a
 * name of its own goes first. For 2.x the password is the token, as its 1.x-compatible API has it; a name alone is one too.
 */
export function influxAddress({ url: text, user, password, token }: Given): InfluxAddress {
  const url = new URL(text)
  const named = decoded(url.username) || undefined
  const secret = decoded(url.password) || undefined
  url.username = ''
  url.password = ''
  return {
    url: url.href.replace(/\/$/, ''),
    user: user ?? named,
    password: password ?? secret,
    token: token ?? secret ?? named,
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
