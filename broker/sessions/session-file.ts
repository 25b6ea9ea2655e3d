import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import type { Logger } from 'pino'
import { isDamageOfOwn, isReadOnly } from '../../storage/damage.ts'
import type { SessionReply, SessionWorkerOptions } from './session-worker.ts'

/** One thing that is kept of a device: its session, a subscription, a waiting command, the retained status. */
export interface KeptItem {
  device: string
  item: string
  /** JSON. */
  form: string
}

export interface SessionFile {
  /** Keeps it, or with `undefined` lets it go. It is on disk once a later `saved` resolves. */
  put(device: string, item: string, form: string | undefined): void
  /** Resolves once all that was put so far is on disk. */
  saved(): Promise<void>
  close(): Promise<void>
}

export interface OpenedSessionFile {
  file: SessionFile
  items: KeptItem[]
  /** What could not be read is gone: sessions begin anew. */
  damaged: boolean
}

/** Nothing outlives the process. */
export const inMemory: OpenedSessionFile = {
  file: { put: () => undefined, saved: () => Promise.resolve(), close: () => Promise.resolve() },
  items: [],
  damaged: false,
}

const keptDamaged = 3

/**
 * Reads what an earlier broker kept, and opens the file for writing: changes gather while a worker thread commits and
 * syncs the ones before, so a thousand devices that come at once share a few syncs, and the event loop waits for none.
 * A file that is damaged is put aside, and a new one begun.
 */
export function openSessionFile({ path, log }: { path: string; log: Logger }): OpenedSessionFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const read = readItems(path)
  if (read === undefined) {
    log.error({ path, aside: putAside(path) }, 'the file of the sessions is damaged; they begin anew')
    return { file: startWriting(path, log), items: [], damaged: true }
  }
  const items = read.filter(({ crc, ...item }) => crc === itemChecksum(item))
  const broken = read.length - items.length
  if (broken > 0) log.error({ path, broken }, 'parts of sessions are damaged; they are left out')
  return { file: startWriting(path, log), items, damaged: broken > 0 }
}

export function itemChecksum({ device, item, form }: KeptItem): number {
  return crc32(`${device}\n${item}\n${form}`)
}

/** `undefined`: its bytes are not what was written. */
function readItems(path: string): (KeptItem & { crc: number })[] | undefined {
  const db = new DatabaseSync(path, { open: false, timeout: 5000 })
  try {
    db.open()
    if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'kept'").get() === undefined) return []
    if (db.prepare('PRAGMA quick_check(1)').get()?.quick_check !== 'ok') return undefined
    return db
      .prepare('SELECT device, item, form, crc FROM kept')
      .all()
      .map(({ device, item, form, crc }) => ({
        device: String(device),
        item: String(item),
        form: String(form),
        crc: Number(crc),
      }))
  } catch (error) {
    if (isDamageOfOwn(error) && !isReadOnly(error)) return undefined
    throw error
  } finally {
    if (db.isOpen) db.close()
  }
}

/** Under a name of its own; the newest three are kept. */
function putAside(path: string): string {
  const aside = `${path}.damaged-${Date.now()}`
  for (const end of ['', '-wal']) {
    if (statSync(`${path}${end}`, { throwIfNoEntry: false })) renameSync(`${path}${end}`, `${aside}${end}`)
  }
  rmSync(`${path}-shm`, { force: true })
  const earlier = readdirSync(dirname(path)).filter(
    (name) => /\.damaged-\d+$/.test(name) && name.startsWith(basename(path)),
  )
  for (const name of earlier.sort().slice(0, -keptDamaged)) {
    for (const end of ['', '-wal']) rmSync(join(dirname(path), `${name}${end}`), { force: true })
  }
  return aside
}

/** Changes by device and item: the last one counts. */
type Changes = Map<string, { device: string; item: string; form: string | undefined }>

function startWriting(path: string, log: Logger): SessionFile {
  const workerData: SessionWorkerOptions = { path }
  const worker = new Worker(new URL('./session-worker.ts', import.meta.url), { workerData })
  let changes: Changes = new Map()
  let waiting: (() => void)[] = []
  /** Those whose changes the worker has; `undefined`: it has none. */
  let underWay: (() => void)[] | undefined
  let scheduled = false
  let failing = false

  function schedule(): void {
    if (scheduled || underWay !== undefined) return
    scheduled = true
    setImmediate(post)
  }

  function post(): void {
    scheduled = false
    if (underWay !== undefined || changes.size === 0) return
    worker.postMessage(
      [...changes.values()].map((one) => ({ ...one, crc: itemChecksum({ ...one, form: one.form ?? '' }) })),
    )
    underWay = waiting
    waiting = []
    changes = new Map()
  }

  worker.on('message', (reply: SessionReply) => {
    if (reply !== 'written') {
      if (!failing) log.warn({ reason: reply.failed }, 'sessions cannot be kept at present; it is tried again')
      failing = true
      return
    }
    failing = false
    const dones = underWay ?? []
    underWay = undefined
    for (const done of dones) done()
    if (changes.size > 0) schedule()
  })
  // A worker that died has lost nothing that was answered; the process ends and is started again.
  worker.on('error', (error) => {
    process.nextTick(() => {
      throw error
    })
  })

  return {
    put(device, item, form) {
      changes.set(`${device}\n${item}`, { device, item, form })
      schedule()
    },
    saved() {
      if (changes.size > 0) return new Promise((resolve) => waiting.push(resolve))
      return underWay === undefined ? Promise.resolve() : new Promise((resolve) => underWay?.push(resolve))
    },
    async close() {
      underWay = undefined
      post()
      // It ends by itself; to end it from here at the same moment can crash Node.
      const ended = new Promise((resolve) => worker.once('exit', resolve))
      worker.postMessage('close')
      await ended
    },
  }
}
