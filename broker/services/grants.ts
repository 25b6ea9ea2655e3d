import type { ServiceCredential } from '../../contract/ports/credentials.ts'
import { coversFilter } from '../../contract/topic-filter.ts'
import { patternOf, type TopicKeys } from './patterns.ts'

/** What one connection of a service subscribed to, and what its token lets it hear. */
export interface Grants {
  /** QoS by pattern: what it subscribed to, as far as anything can match it. */
  readonly patterns: ReadonlyMap<string, 0 | 1>
  /** By filter, as it was granted. */
  readonly subscriptions: ReadonlyMap<string, 0 | 1>
  /** Whether its token lets it hear this topic, whatever was granted. */
  mayHear(keys: TopicKeys): boolean
  /** The highest QoS that any of its subscriptions has for the topic; `undefined`: none matches. */
  qosOf(keys: TopicKeys): 0 | 1 | undefined
  /** QoS that is granted, or `undefined` where it is not. Takes the place of a subscription of the same filter. */
  subscribe(filter: string, qos: number): 0 | 1 | undefined
  unsubscribe(filter: string): void
}

export interface GrantsParts {
  topicRoot: string
  credential: ServiceCredential
  maxSubscriptions: number
}

export function createGrants({ topicRoot, credential, maxSubscriptions }: GrantsParts): Grants {
  const subscriptions = new Map<string, 0 | 1>()
  /** `undefined`: to be derived anew. */
  let patterns: ReadonlyMap<string, 0 | 1> | undefined
  const allowed = new Set(credential.filters.map((filter) => patternOf(topicRoot, filter)))

  /** Equal patterns of several filters have the highest QoS of them. */
  function derivePatterns(): ReadonlyMap<string, 0 | 1> {
    const derived = new Map<string, 0 | 1>()
    for (const [filter, qos] of subscriptions) {
      const pattern = patternOf(topicRoot, filter)
      if (pattern !== undefined) derived.set(pattern, qos === 1 ? 1 : (derived.get(pattern) ?? 0))
    }
    return derived
  }

  const grants: Grants = {
    get patterns() {
      patterns ??= derivePatterns()
      return patterns
    },
    subscriptions,
    mayHear: (keys) => keys.patterns.some((pattern) => allowed.has(pattern)),
    qosOf(keys) {
      let found: 0 | 1 | undefined
      for (const pattern of keys.patterns) {
        const qos = grants.patterns.get(pattern)
        if (qos === 1) return 1
        found ??= qos
      }
      return found
    },
    subscribe(filter, qos) {
      if (!mayGrant(credential, filter)) return undefined
      if (!subscriptions.has(filter) && subscriptions.size >= maxSubscriptions) return undefined
      const granted = qos === 0 ? 0 : 1
      subscriptions.set(filter, granted)
      patterns = undefined
      return granted
    },
    unsubscribe(filter) {
      if (subscriptions.delete(filter)) patterns = undefined
    },
  }
  return grants
}

/** One filter of the token covers all that this one can match, and it is none for what devices are told. */
function mayGrant({ filters }: ServiceCredential, filter: string): boolean {
  return !/\/command(\/#)?$/.test(filter) && filters.some((by) => coversFilter(by, filter))
}
