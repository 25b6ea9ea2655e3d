import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { TlsSource } from '../../../contract/ports/tls.ts'

/** Names that this system answers to. Against DNS rebinding: a page of another name may not become a page of ours. */
export interface HostList {
  /** A `Host` with or without port. One that is absent (HTTP/1.0) is no browser's. */
  isOurs(host: string | undefined): boolean
}

export interface HostListParts {
  /** More names, from the settings; `*.example` stands for one level. */
  names: readonly string[]
  tls?: TlsSource | undefined
  machine?: string
}

/** Besides the names that are set: addresses, localhost, the machine's own name, and the names of its certificate. */
export function createHostList({ names, tls, machine = hostname() }: HostListParts): HostList {
  const short = machine.split('.', 1)[0] ?? machine
  const own = ['localhost', '*.localhost', machine, short, `${short}.local`, ...names].map((name) => name.toLowerCase())
  let certified = namesOf(tls?.current().cert)
  tls?.watch(({ cert }) => {
    certified = namesOf(cert)
  })
  return {
    isOurs(host) {
      if (host === undefined) return true
      const name = nameIn(host)
      if (name === undefined) return false
      return isIP(name) !== 0 || own.some((one) => matches(one, name)) || certified.some((one) => matches(one, name))
    },
  }
}

/** Lower case, without port, brackets and the dot at the end. */
function nameIn(host: string): string | undefined {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+))(?::\d{0,5})?$/i.exec(host)
  return (found?.[1] ?? found?.[2])?.toLowerCase().replace(/\.$/, '')
}

function matches(pattern: string, name: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === name
  const dot = name.indexOf('.')
  return dot > 0 && name.slice(dot) === pattern.slice(1)
}

function namesOf(cert: string | undefined): string[] {
  if (cert === undefined) return []
  const names = new X509Certificate(cert).subjectAltName ?? ''
  return [...names.matchAll(/DNS:([^,\s]+)/g)].map(([, name = '']) => name.toLowerCase())
}
