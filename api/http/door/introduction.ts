import type { IncomingMessage } from 'node:http'
import { Refusal } from '../../../contract/http/refusal.ts'
import { setClient } from '../client.ts'
import type { AdmittedConnection } from './connection-limiter.ts'
import type { HostList } from './hosts.ts'
import type { TrustedProxies } from './proxies.ts'
import { createRequestLimiter, type RequestLimits } from './request-limiter.ts'
import { normalTarget, pathOf } from './target.ts'

export interface IntroductionParts {
  limits: RequestLimits
  proxies: TrustedProxies
  hosts: HostList
  overTls: boolean
  refused(reason: 'requests' | 'unknown-host'): void
  now: () => number
}

/** Asked by machines that must know whether we live, also while their own address floods us; each costs next to nothing. */
export const probes = new Set(['/healthz', '/readyz', '/metrics'])
/** Says nothing of the system; asked by probes under any name. */
const nameless = '/healthz'

/** Finds out who asks, which `clientOf` says from then on, and whether he may at all. */
export type Introduce = (request: IncomingMessage, visit: AdmittedConnection) => Refusal | undefined

export function createIntroduction(parts: IntroductionParts): Introduce {
  const { limits, proxies, hosts, overTls, refused, now } = parts
  const requests = createRequestLimiter(limits, now)

  return (request, visit) => {
    const named = normalTarget(request)
    const forwarded = proxies.read(request, overTls)
    const host = named ?? forwarded.host
    const { address } = forwarded
    const settle = () => {
      visit.settle()
      requests.proved(address, request)
    }
    setClient(request, { ...forwarded, host, settle, handOver: visit.settle })
    const path = pathOf(request)
    if (requests.isKnown(request)) visit.settle()
    else if (!probes.has(path) && !requests.take(address)) {
      refused('requests')
      return new Refusal('too-many-requests', undefined, { retryAfterS: 1, headers: { Connection: 'close' } })
    }
    if (path === nameless || hosts.isOurs(host)) return undefined
    refused('unknown-host')
    return new Refusal('unknown-host', 'Whoever keeps this system names it in the setting BCC_PUBLIC_HOSTS.')
  }
}
