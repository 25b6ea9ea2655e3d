import type { Logger } from 'pino'
import type { ServiceStore } from '../../contract/ports/credentials.ts'
import type { Subscriber } from './subscriber.ts'

export interface ServiceWatchParts {
  store: ServiceStore
  connections: () => Iterable<Subscriber>
  cut: (subscriber: Subscriber, reason: string) => void
  log: Logger
}

/** Cuts off whose token was revoked, made anew or has ended. Looks at nothing while nobody is connected. */
export interface ServiceWatch {
  /** Somebody came: what was changed while his token was looked at counts too. */
  look(): void
  /** Nobody is connected. */
  pause(): void
  stop(): void
}

/** Of `setTimeout`; a token that lasts longer is looked at then, and again. */
const longestTimeoutMs = 2 ** 31 - 1
/** Behind a look that failed. */
const retryMs = 1000

export function watchServices({ store, connections, cut, log }: ServiceWatchParts): ServiceWatch {
  let unwatch: (() => void) | undefined
  let ending: NodeJS.Timeout | undefined
  let looking = false
  let again = false

  async function cutEnded(): Promise<void> {
    const live = [...connections()]
    const ended = new Set(await store.ended(live.map(({ credential }) => credential)))
    for (const subscriber of live) if (ended.has(subscriber.credential)) cut(subscriber, 'revoked')
  }

  /** A look at the moment at which the first of them ends by itself. */
  function lookAtEnd(): void {
    clearTimeout(ending)
    const ends = [...connections()].flatMap(({ credential }) => credential.expiresAtMs ?? [])
    if (ends.length === 0) return
    const inMs = Math.min(longestTimeoutMs, Math.max(0, Math.min(...ends) - Date.now()))
    ending = setTimeout(look, inMs).unref()
  }

  async function cutOrRetry(): Promise<void> {
    try {
      await cutEnded()
      if (unwatch !== undefined) lookAtEnd()
    } catch (error) {
      log.error({ err: error }, 'tokens of services could not be looked up')
      clearTimeout(ending)
      ending = unwatch && setTimeout(look, retryMs).unref()
    }
  }

  function look(): void {
    unwatch ??= store.watch(look)
    again = looking
    if (looking) return
    looking = true
    void cutOrRetry().then(() => {
      looking = false
      if (again && unwatch !== undefined) look()
    })
  }

  function pause(): void {
    unwatch?.()
    unwatch = undefined
    clearTimeout(ending)
  }

  return { look, pause, stop: pause }
}
