import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openChunk } from './chunk.ts'
import { coldFileName, isColdDamage, maxColdDevices } from './cold-file.ts'
import type { SealedChunk } from './sealed-rows.ts'

/** The sealed days, for reading. What cannot be read is told once a file and is as if it were not there. */
export interface ColdFiles {
  chunk(profile: string, dayMs: number, deviceId: string): SealedChunk | undefined
  /** All devices of a day. */
  chunks(profile: string, dayMs: number): Iterable<{ deviceId: string; chunk: SealedChunk }>
  close(): void
}

export interface ColdFault {
  file: string
  detail: string
}

interface OpenFile {
  db: DatabaseSync
  inode: number
}

/** Months with an open file; a query over more opens them again. */
const maxOpenFiles = 24

export function openColdFiles(dir: string, onFault: (fault: ColdFault) => void = () => undefined): ColdFiles {
  const files = new Map<string, OpenFile>()
  const told = new Set<string>()

  function close(name: string): void {
    files.get(name)?.db.close()
    files.delete(name)
  }

  /** `undefined` where there is no such file. Another file may have taken its place, or it may be gone. */
  function open(name: string): DatabaseSync | undefined {
    const path = join(dir, name)
    const inode = statSync(path, { throwIfNoEntry: false })?.ino
    const known = files.get(name)
    if (known !== undefined && known.inode === inode) return known.db
    close(name)
    if (inode === undefined) return undefined
    const [oldest] = files.keys()
    if (files.size >= maxOpenFiles && oldest !== undefined) close(oldest)
    const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
    files.set(name, { db, inode })
    return db
  }

  function guarded<T>(name: string, read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!isColdDamage(error)) throw error
      if (!told.has(name)) onFault({ file: name, detail: error instanceof Error ? error.message : String(error) })
      told.add(name)
      return undefined
    }
  }

  function pageOf(name: string, query: PageQuery): Row[] {
    return guarded(name, () => readPage(open(name), query)) ?? []
  }

  return {
    chunk: (profile, dayMs, deviceId) =>
      guarded(coldFileName(dayMs), () => {
        const row = open(coldFileName(dayMs))
          ?.prepare(`
            SELECT d.metrics, c.body FROM day d, device v JOIN chunk c ON c.id = d.no * ${maxColdDevices} + v.dev
            WHERE d.profile = ? AND d.day_ms = ? AND v.id = ?
          `)
          .get(profile, dayMs, deviceId)
        return row === undefined ? undefined : toSealed(row)
      }),
    *chunks(profile, dayMs) {
      const name = coldFileName(dayMs)
      let rows = pageOf(name, { profile, dayMs, fromDev: 0 })
      while (rows.length > 0) {
        for (const row of rows) {
          const chunk = guarded(name, () => toSealed(row))
          if (chunk !== undefined) yield { deviceId: String(row.id), chunk }
        }
        rows = pageOf(name, { profile, dayMs, fromDev: Number(rows.at(-1)?.dev) + 1 })
      }
    },
    close() {
      for (const name of [...files.keys()]) close(name)
    },
  }
}

/** So many chunks are in memory at once. */
const pageRows = 200

type Row = Record<string, unknown>

interface PageQuery {
  profile: string
  dayMs: number
  fromDev: number
}

function readPage(db: DatabaseSync | undefined, { profile, dayMs, fromDev }: PageQuery): Row[] | undefined {
  return db
    ?.prepare(`
      SELECT d.metrics, c.body, v.dev, v.id FROM day d
      JOIN chunk c ON c.id BETWEEN d.no * ${maxColdDevices} + ?1 AND (d.no + 1) * ${maxColdDevices} - 1
      JOIN device v ON v.dev = c.id - d.no * ${maxColdDevices}
      WHERE d.profile = ?2 AND d.day_ms = ?3 ORDER BY c.id LIMIT ${pageRows}
    `)
    .all(fromDev, profile, dayMs)
}

function toSealed({ metrics, body }: Row): SealedChunk {
  const names = parseNames(String(metrics))
  const bytes = body instanceof Uint8Array ? body : new Uint8Array()
  return { ...openChunk(bytes, names.length), names }
}

export function parseNames(json: string): string[] {
  // Our own words: a list of metric names.
  return JSON.parse(json) as string[]
}
