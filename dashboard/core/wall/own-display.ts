import type { DisplayReport, Pairing } from '../../../contract/http/displays.ts'
import { reportEveryMs } from '../../../contract/live.ts'
import { dayMs } from '../../../contract/time.ts'
import { answer } from '../connection/answers.ts'
import type { Connection } from '../connection/connection.ts'
import type { HttpClient } from '../connection/http-client.ts'
import type { FrameLoop } from '../kiosk/frame-loop.ts'
import { heapMb } from '../kiosk/heap.ts'

/** This browser as a display: it asks to be paired, keeps its identity fresh and says how it is. */
export interface OwnDisplay {
  /** It was paired once: without its identity it shows a code, never a login form. */
  wasPaired(): boolean
  /**
   * Asks for codes and whether the newest was typed, until one was or it is stopped. A code that has ended is followed by
   * the next. `code` is undefined before the first; `failed`: the server does not answer.
   */
  pair(told: { shown: (code: string | undefined, failed: boolean) => void; approved: () => void }): () => void
  /** Renews its identity now and then, and reports, until it is stopped. */
  serve(connection: Pick<Connection, 'id' | 'report'>): () => void
}

type Memory = Pick<Storage, 'getItem' | 'setItem'>

const memoryKey = 'bcc-display'
const renewEveryMs = dayMs
const askEveryMs = 2000
const path = '/api/v1/displays'
const countEveryMs = 1000

export function createOwnDisplay(parts: {
  rest: HttpClient
  frames: FrameLoop
  memory: Memory | undefined
  build: () => string
  restarts: () => number
}): OwnDisplay {
  const { rest, frames, memory } = parts
  let before = { frames: 0, atMs: performance.now() }

  function present(): DisplayReport {
    const atMs = performance.now()
    const now = { frames: frames.frames(), atMs }
    const seconds = Math.max(0.001, (atMs - before.atMs) / 1000)
    const fps = Math.round(((now.frames - before.frames) / seconds) * 10) / 10
    before = now
    return {
      frames: now.frames,
      fps: Math.min(1000, fps),
      paintedAgoMs: Math.max(0, Math.round(atMs - frames.lastAtMs())),
      heapMb: heapMb(),
      restarts: parts.restarts(),
      build: parts.build().slice(0, 64),
      screen: location.pathname.slice(0, 128),
      width: Math.max(1, innerWidth),
      height: Math.max(1, innerHeight),
    }
  }

  const wasPaired = () => memory?.getItem(memoryKey) === '1'
  let counting = false

  /** The machine behind the glass reads the count, and starts the browser again when it stands still: docs/kiosk. */
  function countInTitle(): void {
    if (counting) return
    counting = true
    setInterval(() => {
      const title = document.title.replace(/ \(\d+\)$/, '')
      document.title = `${title} (${frames.frames()})`
    }, countEveryMs)
  }
  if (wasPaired()) countInTitle()

  return {
    wasPaired,
    pair({ shown, approved }) {
      countInTitle()
      let pairing: Pairing | undefined
      let stopped = false
      let timer: ReturnType<typeof setTimeout>
      const turn = async () => {
        pairing ??= await rest.send('POST', `${path}/pairings`, undefined, answer('pairing'))
        const { id, secret } = pairing
        const { state } = await rest.send('POST', `${path}/pairings/${id}/claim`, { secret }, answer('claim'))
        if (state === 'gone') pairing = undefined
        if (state === 'approved') memory?.setItem(memoryKey, '1')
        return state
      }
      const go = async () => {
        const state = await turn().catch(() => 'failed' as const)
        if (stopped) return
        if (state === 'approved') return approved()
        shown(pairing?.code, state === 'failed')
        timer = setTimeout(() => void go(), state === 'gone' ? 0 : askEveryMs)
      }
      void go()
      return () => {
        stopped = true
        clearTimeout(timer)
      }
    },
    serve(connection) {
      let timer: ReturnType<typeof setTimeout>
      // The connection that it names goes on: one that began by the identity before ends with that.
      const renew = () => {
        const id = connection.id()
        if (id !== undefined) void rest.send('POST', `${path}/self/renewals`, { connection: id }).catch(() => undefined)
        timer = setTimeout(renew, id === undefined ? countEveryMs : renewEveryMs)
      }
      const report = () => connection.report(present())
      const reports = setInterval(report, reportEveryMs)
      renew()
      report()
      return () => {
        clearInterval(reports)
        clearTimeout(timer)
      }
    },
  }
}
