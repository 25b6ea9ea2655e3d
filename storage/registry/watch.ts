import type { RegistryEngine } from './engine.ts'
import type { RegistryDatabase } from './schema.ts'

/** Below the 300 ms that `CredentialStore.watch` promises. */
const pollEveryMs = 200

export interface RegistryWatch {
  /**
   * Calls back within 300 ms after any process changed a device, and once at the start, so that nothing is missed
   * between reading and watching. Returns a way to stop.
   */
  watch(onChange: () => void): () => void
  /** Calls back within 300 ms after any process wrote anything at all. Returns a way to stop. */
  watchAll(onChange: () => void): () => void
  /** Says that this process has just written: the engine tells only of other connections. */
  wroteHere(): void
  close(): void
}

/**
 * Notices changes of devices, whoever made them: the engine tells that another connection wrote anything, the device
 * counter whether it was a device (and not a session).
 */
export function createRegistryWatch(engine: RegistryEngine): RegistryWatch {
  const seenBy = new Map<() => void, number | undefined>()
  const ofAll = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  let version: string | undefined
  let counter = 0
  let wrote = false

  async function poll(): Promise<void> {
    const latest = await engine.versionOfOthers()
    if (latest !== version || wrote) {
      wrote = false
      counter = await deviceCounter(engine.db)
      version = latest
      for (const listener of [...ofAll]) listener()
    }
    for (const [listener, seen] of [...seenBy]) {
      if (seen === counter || !seenBy.has(listener)) continue
      seenBy.set(listener, counter)
      listener()
    }
  }

  async function turn(mine: object): Promise<void> {
    try {
      await poll()
    } catch (error) {
      // A poll that was under way while the registry was closed, or locked for a moment: the next turn asks again.
      if (loop === mine && !engine.isBusy(error)) throw error
    }
    if (loop === mine) timer = setTimeout(turn, pollEveryMs, mine).unref()
  }

  let loop: object | undefined
  function start(): void {
    loop = {}
    timer = setTimeout(turn, 0, loop).unref()
  }

  function stop(): void {
    loop = undefined
    clearTimeout(timer)
  }

  function stopUnheard(): void {
    if (seenBy.size === 0 && ofAll.size === 0) stop()
  }

  return {
    watch(onChange) {
      const listener = () => onChange()
      seenBy.set(listener, undefined)
      if (loop === undefined) start()
      return () => {
        seenBy.delete(listener)
        stopUnheard()
      }
    },
    watchAll(onChange) {
      const listener = () => onChange()
      ofAll.add(listener)
      if (loop === undefined) start()
      return () => {
        ofAll.delete(listener)
        stopUnheard()
      }
    },
    wroteHere() {
      wrote = true
    },
    close() {
      seenBy.clear()
      ofAll.clear()
      stop()
    },
  }
}

/** Number of the newest change of any device. */
export async function deviceCounter(db: RegistryDatabase): Promise<number> {
  const row = await db.selectFrom('counter').select('last').where('name', '=', 'device').executeTakeFirstOrThrow()
  return row.last
}
