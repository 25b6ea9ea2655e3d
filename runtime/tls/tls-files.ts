import { statSync } from 'node:fs'
import type { Logger } from 'pino'
import type { TlsFault, TlsMaterial, TlsSource, TlsStatus } from '../../contract/ports/tls.ts'
import { dayMs, iso } from '../../contract/time.ts'
import { loadTls, TlsFilesError, type TlsPaths, type TlsSet } from './tls-material.ts'

/** The TLS files of a running server. */
export interface WatchedTls extends TlsSource {
  /** Looks at once, as at SIGHUP. */
  reload(): void
  close(): void
}

export interface TlsFilesParts {
  paths: TlsPaths
  log: Logger
  now?: () => number
  everyMs?: number
}

const defaultEveryMs = 2000
/** Days before the end at which it is logged. */
const warnAtDays = [30, 14, 7, 1, 0]

/**
 * Opens the files and follows them: a set that can be used takes the place of the one before, without touching a
 * connection; one that cannot changes nothing and is told. Throws an Error where the first set cannot be used.
 */
export function openTlsFiles({ paths, log, now = Date.now, everyMs = defaultEveryMs }: TlsFilesParts): WatchedTls {
  let stamps = stampsOf(paths)
  let used = loadTls(paths)
  let fault: TlsFault | null = null
  let suspected = false
  let warnedAt = Number.POSITIVE_INFINITY
  const listeners = new Set<(material: TlsMaterial) => void>()

  function apply(next: TlsSet): void {
    used = next
    fault = null
    warnedAt = Number.POSITIVE_INFINITY
    for (const listener of listeners) listener(next.material)
    log.info({ notAfter: iso(next.notAfterMs) }, 'new TLS files are in use')
  }

  /** Why the files cannot take the place of those in use. */
  function tryFiles(): TlsFault | undefined {
    try {
      const next = loadTls(paths)
      const nowMs = now()
      const isGood = (set: TlsSet) => set.notBeforeMs <= nowMs && nowMs < set.notAfterMs
      if (!isGood(next) && isGood(used))
        return { kind: 'not valid now', detail: `${paths.cert} is not valid at present` }
      apply(next)
      return undefined
    } catch (error) {
      if (error instanceof TlsFilesError) return error.fault
      throw error
    }
  }

  /** Files are replaced one after the other: what does not fit together now may at the next look. */
  function refresh(patient: boolean): void {
    const latest = stampsOf(paths)
    if (latest === stamps && !suspected) return
    const isStill = latest === stamps
    stamps = latest
    const found = tryFiles()
    suspected = found !== undefined && patient && !isStill
    if (found === undefined || suspected || found.detail === fault?.detail) return
    fault = found
    log.error({ fault: fault.detail }, 'the TLS files cannot be used; those from before stay in use')
  }

  function warnOfEnd(): void {
    const endMs = Math.min(used.notAfterMs, used.caNotAfterMs ?? Number.POSITIVE_INFINITY)
    const daysLeft = (endMs - now()) / dayMs
    const reached = warnAtDays.findLast((days) => daysLeft <= days)
    if (reached === undefined || reached >= warnedAt) return
    warnedAt = reached
    const days = Math.floor(daysLeft)
    log.warn({ notAfter: iso(endMs), days }, 'a TLS certificate ends soon or has ended')
  }

  warnOfEnd()
  const timer = setInterval(() => {
    refresh(true)
    warnOfEnd()
  }, everyMs).unref()

  return {
    current: () => used.material,
    status: (): TlsStatus => ({ notAfterMs: used.notAfterMs, caNotAfterMs: used.caNotAfterMs, fault }),
    watch(onChange) {
      listeners.add(onChange)
      return () => listeners.delete(onChange)
    },
    reload: () => refresh(false),
    close: () => clearInterval(timer),
  }
}

/** Changes whenever one of the files was written, replaced, taken away or given other rights. */
function stampsOf({ cert, key, ca }: TlsPaths): string {
  return [cert, key, ...(ca === undefined ? [] : [ca])]
    .map((path) => {
      const found = statSync(path, { throwIfNoEntry: false })
      return found === undefined ? 'gone' : `${found.ino}/${found.size}/${found.mtimeMs}/${found.ctimeMs}`
    })
    .join(' ')
}
