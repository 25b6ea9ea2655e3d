import type { Logger } from 'pino'
import type { BrokerControl } from '../../contract/ports/control.ts'
import type { TokenProof } from '../../storage/registry/tokens/tokens.ts'

export interface ServiceUseParts {
  broker: Pick<BrokerControl, 'status'>
  tokens: Pick<TokenProof, 'touch'>
  log: Logger
  everyMs?: number
}

/** As often as a token's use over HTTP is noted. */
const defaultEveryMs = 60_000

/**
 * Notes in the registry which services were connected, as the broker tells: its event loop must not wait for that disk. Returns
 * a way to stop.
 */
export function keepServiceUse({ broker, tokens, log, everyMs = defaultEveryMs }: ServiceUseParts): () => void {
  let seenMs = 0

  async function step(): Promise<void> {
    const totals = (await broker.status())?.services.totals ?? []
    const names = totals.filter(({ seenAtMs }) => seenAtMs > seenMs).map(({ name }) => name)
    if (names.length > 0) await tokens.touch(names)
    seenMs = Math.max(seenMs, ...totals.map(({ seenAtMs }) => seenAtMs))
  }

  const timer = setInterval(() => {
    // The registry is locked for a moment, or being closed; the next time tells it again.
    step().catch((error: unknown) => log.debug({ err: error }, 'use of services could not be noted'))
  }, everyMs).unref()
  return () => clearInterval(timer)
}
