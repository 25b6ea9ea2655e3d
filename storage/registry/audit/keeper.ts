import type { Logger } from 'pino'
import type { Actor } from '../../../contract/http/audit.ts'
import { type Anchor, readAnchors } from './anchor-file.ts'
import { type AnchoringParts, anchorHead } from './anchoring.ts'

export interface AuditKeeperParts extends AnchoringParts {
  /** Readings that were acknowledged and are gone, since the first start; `undefined` when nobody can tell now. */
  lostReadings: () => Promise<number | undefined>
  log: Logger
}

export interface RunningAuditKeeper {
  lastAnchor(): Anchor | null
  /** Writes a last anchor. */
  close(): Promise<void>
}

/** How long the newest records may stand without an anchor: what is cut off the end in this time goes unseen. */
const anchorEveryMs = 2000
const lossesEveryMs = 5 * 60_000
const clockEveryMs = 10_000
/** NTP slews below this, and a timer may come late. */
const smallestJumpMs = 2000
const ourselves: Actor = 'system:api'

/**
 * Writes what stands for the whole log to a second place, at once, soon after every change and at the end, and looks
 * whether the log still agrees with what was written before. Notes jumps of the clock and lost readings.
 */
export async function startAuditKeeper(parts: AuditKeeperParts): Promise<RunningAuditKeeper> {
  const { audit, log } = parts
  let last: Anchor | null = newestAnchor(parts)
  let told: string | undefined
  let failed = false

  async function requireAgreement(): Promise<void> {
    if (last === null || told === last.head) return
    const row = await audit.at(last.count)
    if (row !== undefined && hex(row.hash) === last.head) return
    told = last.head
    log.error({ count: last.count, head: last.head }, 'the audit does not agree with its anchor: run bcc verify audit')
    await audit.append(ourselves, { action: 'anchor.broken', detail: { count: last.count, head: last.head } })
  }

  async function anchor(): Promise<void> {
    try {
      await requireAgreement()
      const next = await anchorHead(parts, last)
      if (next !== null && next !== last) log.info({ count: next.count, head: next.head }, 'the audit is anchored')
      last = next
      failed = false
    } catch (error) {
      if (!failed) log.error({ err: error }, 'the audit could not be anchored; it is tried again')
      failed = true
    }
  }

  await anchor()
  const turns = [
    setInterval(() => void anchor(), anchorEveryMs),
    setInterval(createLossNotes(parts), lossesEveryMs),
    setInterval(watchClock(parts), clockEveryMs),
  ]
  return {
    lastAnchor: () => last,
    async close() {
      for (const turn of turns) clearInterval(turn)
      await anchor()
    },
  }
}

function newestAnchor({ anchorFile, signer, log }: AuditKeeperParts): Anchor | null {
  try {
    return readAnchors(anchorFile, signer).anchors.at(-1) ?? null
  } catch (error) {
    log.error({ err: error }, 'the anchors of the audit cannot be read')
    return null
  }
}

/** The system's clock against one that only goes forward. */
function watchClock({ audit, log, now }: AuditKeeperParts): () => void {
  const offset = () => now() - performance.now()
  let before = offset()
  return () => {
    const byMs = Math.round(offset() - before)
    before += byMs
    if (Math.abs(byMs) < smallestJumpMs) return
    log.warn({ byMs }, 'the clock of this machine has jumped')
    audit.append(ourselves, { action: 'clock.jumped', detail: { byMs } }).catch((error: unknown) => {
      log.error({ err: error }, 'a jump of the clock could not be noted')
    })
  }
}

/** The last note tells what is known already, over every restart; it is looked for once, and may lie far back. */
function createLossNotes({ audit, log, lostReadings }: AuditKeeperParts): () => void {
  let known: number | undefined

  async function check(): Promise<void> {
    const total = await lostReadings()
    known ??= await noted()
    if (total === undefined || total <= known) return
    await audit.append(ourselves, { action: 'data.lost', detail: { more: total - known, total } })
    known = total
  }

  async function noted(): Promise<number> {
    const [last] = await audit.list({ action: 'data.lost', limit: 1 })
    return last === undefined ? 0 : Number(Object(JSON.parse(last.detail)).total ?? 0)
  }

  return () => {
    check().catch((error: unknown) => log.error({ err: error }, 'lost readings could not be noted'))
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
