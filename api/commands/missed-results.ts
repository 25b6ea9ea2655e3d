import type { Logger } from 'pino'
import { commandOutcomeIn } from '../../contract/command-result.ts'
import type { CommandResult } from '../../contract/feed.ts'
import type { Command } from '../../contract/http/commands.ts'
import type { EventPlace, StateReader } from '../../contract/ports/states.ts'
import { minuteMs } from '../../contract/time.ts'

export interface MissedResultsParts {
  states: Pick<StateReader, 'events'>
  /** Commands that may still be answered. */
  watched: ReadonlyMap<string, Command>
  answer: (result: CommandResult) => Promise<void>
  now: () => number
  log: Logger
}

const eventsPerPage = 200
const retryMs = 5000

/** Finds answers that came while nobody listened: they stand among the events of their devices. */
export function createMissedResults({ states, watched, answer, now, log }: MissedResultsParts) {
  let known = false
  /** One, however often ingest is lost and found while the store cannot be read. */
  let retry: NodeJS.Timeout | undefined
  let last = Promise.resolve()

  /** By device, since when. */
  function asked(): Map<string, number> {
    const since = new Map<string, number>()
    for (const { deviceId, createdAt, offeredAt } of watched.values()) {
      if (offeredAt === null) continue
      since.set(deviceId, Math.min(since.get(deviceId) ?? Number.POSITIVE_INFINITY, Date.parse(createdAt)))
    }
    return since
  }

  async function lookUpOf(deviceId: string, fromMs: number): Promise<void> {
    let after: EventPlace | undefined
    do {
      const page = await states.events({
        ...{ deviceId, type: 'command-result', fromMs, limit: eventsPerPage, after },
        // Our clock may have been set back since.
        toMs: now() + minuteMs,
      })
      for (const { payload, atMs } of page.events) {
        const outcome = commandOutcomeIn(payload)
        if (outcome !== undefined) await answer({ ...outcome, deviceId, atMs })
      }
      after = page.next
    } while (after !== undefined)
  }

  async function lookUpAll(): Promise<void> {
    try {
      for (const [deviceId, fromMs] of asked()) await lookUpOf(deviceId, fromMs)
    } catch (error) {
      log.warn({ err: error }, 'answers to commands that came meanwhile cannot be read; they are asked for again')
      clearTimeout(retry)
      retry = setTimeout(lookUp, retryMs).unref()
    }
    known = true
  }

  /** One after the other; resolves when what had come before this call is known. */
  function lookUp(): Promise<void> {
    last = last.then(lookUpAll)
    return last
  }

  return {
    lookUp,
    /** Once they were looked up, or could not be. */
    areKnown: () => known,
  }
}
