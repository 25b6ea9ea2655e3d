import type { Logger } from 'pino'
import type { Actor } from '../../contract/audit.ts'
import { type Anchor, readAnchors, writeAnchor } from './anchor-file.ts'
import type { AuditLog } from './audit-log.ts'
import type { AuditSigner } from './signer.ts'

export interface AuditKeeperParts {
  audit: AuditLog
  signer: AuditSigner
  /** Where anchors are appended: a place that outlives the database, at best on another disk. */
  anchorFile: string
  /** Readings that were acknowledged and are gone, since the first start; `undefined` when nobody can tell now. */
  lostReadings: () => Promise<number | undefined>
  log: Logger
  now: () => number
}

export interface RunningAuditKeeper {
  lastAnchor(): Anchor | null
  /** Writes a last anchor. */
  close(): Promise<void>
}

const anchorEveryMs = 5 * 60_000
const clockEveryMs = 10_000
/** NTP slews below this, and a timer may come late. */
const smallestJumpMs = 2000
const ourselves: Actor = 'system:api'

/**
 * Writes what stands for the whole log to a second place, at once, every five minutes and at the end, and looks whether
 * the log still agrees with what was written before. Notes jumps of the clock and lost readings.
 */
export async function startAuditKeeper(parts: AuditKeeperParts): Promise<RunningAuditKeeper> {
  const { audit, signer, anchorFile, log, now } = parts
  let last: Anchor | null = newestAnchor(parts)
  let told: string | undefined

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
      const head = await audit.head()
      if (head === undefined || (last?.count === head.count && last.head === hex(head.hash))) return
      const next = { at: new Date(now()).toISOString(), count: head.count, head: hex(head.hash) }
      writeAnchor(anchorFile, next, signer)
      last = next
      log.info({ count: next.count, head: next.head }, 'the audit is anchored')
    } catch (error) {
      log.error({ err: error }, 'the audit could not be anchored')
    }
  }

  await anchor()
  const turns = [
    setInterval(() => void noteLosses(parts).then(anchor), anchorEveryMs),
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

/** The last note tells what is known already, over every restart. */
async function noteLosses({ audit, log, lostReadings }: AuditKeeperParts): Promise<void> {
  try {
    const total = await lostReadings()
    const [noted] = await audit.list({ action: 'data.lost', limit: 1 })
    const known = noted === undefined ? 0 : Number(Object(JSON.parse(noted.detail)).total ?? 0)
    if (total === undefined || total <= known) return
    await audit.append(ourselves, { action: 'data.lost', detail: { more: total - known, total } })
  } catch (error) {
    log.error({ err: error }, 'lost readings could not be noted')
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
