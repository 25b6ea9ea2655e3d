import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import type { JournalBatch, JournalEntry } from '../contract/ports/journal.ts'
import { localPartition } from '../storage/journal/local-partition.ts'
import type { Watchdog } from './watchdog.ts'

type Batch = Pick<JournalBatch, 'partition' | 'seq'>

/** A message as the journal numbers it: its batch, and its place in that. */
interface Place extends Batch {
  index: number
}

/** What was under way, and how many processes had ended in the middle of that before. */
interface Under extends Place {
  /** Of themselves: by a fault, by the watchdog, by a signal of the process itself. */
  deaths: number
  /** From outside, as far as anybody can tell, one after the other. */
  kills: number
  /** Of this process: it is ending of itself. */
  failed?: true
  /** Each entry of the batch was written by itself. */
  each: boolean
}

/** In the place of an entry: the writing of what all entries up to the end of the batch have changed. */
const writingIndex = -1

/** What lies on disk while ingest runs; a clean end takes it away. */
interface Note {
  under: Under | null
  /** Kinds of entries of devices that are set aside untried, and up to which time of arrival, ms. Newest last. */
  distrusted: [of: string, untilMs: number][]
}

/**
 * Follows what ingest is about to take, so that a message which ends the process, by whatever fault of ours, is known
 * to the next one. Costs nothing but two assignments an entry, until a process has ended uncleanly: then every entry is
 * noted before it is taken, and a watchdog ends a process that does not come through with one, until all that the dead
 * process may have had in its hands is passed. What has ended two processes is set aside untried. A process that was
 * killed from outside, or with the machine, says nothing of what it happened to have in its hands.
 */
export interface Attempts {
  /** True while every entry is noted. */
  readonly watched: boolean
  /** Why the entry is not to be taken; `undefined`: it is, and from now on it is under way. */
  begin(batch: Batch, index: number, entry: JournalEntry): string | undefined
  /** The entries are taken, and what they changed is being written. */
  writing(): void
  /** A process ended in the writing of this batch, and perhaps of others: write each entry by itself. */
  writesEach(batch: Batch): boolean
  /** Nothing is under way any more; what may follow is a matter of the disk. */
  end(): void
  /** Taking threw, which will end the process. */
  failed(error: unknown): void
  /** So many bytes of the journal are done with for good; 0: it was read to its end. */
  passed(bytes: number): void
  /** A clean end. */
  close(): Promise<void>
}

export interface AttemptsParts {
  /** Of the note. Absent: nothing is kept, as in a store without a journal. */
  path: string
  /** Bytes that a process may have in its hands. */
  inHandBytes: number
  now: () => number
  /** The process before this one ended of itself; `undefined`: nobody knows, as after a power cut. */
  endedOfItself: boolean | undefined
  startWatchdog: () => Promise<Watchdog>
  /** The last process ended with a message under way. */
  found(died: Under): void
  /** A message, and what else came of its device up to a minute from now, is not tried any more. */
  convicted(entry: JournalEntry, place: Place): void
}

/** Deaths at one entry, after which it is not tried again. */
const maxDeaths = 2
/** Kills find by chance what is under way: never one entry so often in turn. The kernel kills too, for want of memory. */
const maxKills = 5
/** Whoever ended ingest may have sent more of the kind. */
const distrustMs = 60_000
/** Devices that are remembered so. */
const maxDistrusted = 100

export async function openAttempts(parts: AttemptsParts): Promise<Attempts> {
  const { path, inHandBytes, now, endedOfItself, startWatchdog, found, convicted } = parts
  const left = readNote(path)
  const died = left?.under ?? undefined
  const before = died && afterEnd(died, endedOfItself === true)
  if (before !== undefined) found(before)
  const distrusted = new Map(left?.distrusted)
  let leftBytes = left === undefined ? 0 : inHandBytes
  let watchdog: Watchdog | undefined = left === undefined ? undefined : await startWatchdog()
  let under: Place | undefined
  const fd = tryDisk(() => openSync(path, 'w'))
  let longest = 0
  write(null)

  /** Over what stands there; a process may end at any moment, and a half line says nothing. */
  function write(under: Note['under']): void {
    const text = JSON.stringify({ under, distrusted: [...distrusted] } satisfies Note)
    longest = Math.max(longest, text.length)
    if (fd !== undefined) tryDisk(() => writeSync(fd, text.padEnd(longest), 0))
  }

  function endsAt({ partition, seq, index }: Place): Pick<Under, 'deaths' | 'kills'> {
    const isSame = before?.partition === partition && before.seq === seq && before.index === index
    const { deaths, kills } = isSame ? before : { deaths: 0, kills: 0 }
    return { deaths, kills }
  }

  function distrust(entry: JournalEntry): void {
    distrusted.delete(kindOf(entry))
    distrusted.set(kindOf(entry), Math.max(now(), entry.receivedAtMs) + distrustMs)
    for (const oldest of distrusted.keys()) {
      if (distrusted.size <= maxDistrusted) break
      distrusted.delete(oldest)
    }
  }

  function verdict(place: Place, entry: JournalEntry): string | undefined {
    if (before !== undefined && isGuilty(endsAt(place)) && !isDistrusted(entry)) {
      distrust(entry)
      convicted(entry, place)
      write(null)
    }
    return isDistrusted(entry) ? whyUntried : undefined
  }

  function isDistrusted(entry: JournalEntry): boolean {
    return distrusted.size > 0 && entry.receivedAtMs <= (distrusted.get(kindOf(entry)) ?? Number.NEGATIVE_INFINITY)
  }

  function noted(place: Place): Under {
    return { ...place, ...endsAt(place), each: writesEach(place) }
  }

  function writesEach({ partition, seq }: Batch): boolean {
    return before?.each === true && partition === before.partition && seq <= before.seq
  }

  function start(place: Place): void {
    under = place
    if (watchdog === undefined) return
    write(noted(place))
    watchdog.begin()
  }

  function end(): void {
    if (under === undefined) return
    under = undefined
    if (watchdog === undefined) return
    watchdog.end()
    write(null)
  }

  async function calmDown(): Promise<void> {
    const ending = watchdog
    watchdog = undefined
    write(null)
    await ending?.stop()
  }

  return {
    get watched() {
      return watchdog !== undefined
    },
    begin({ partition, seq }, index, entry) {
      const place = { partition, seq, index }
      const untried = verdict(place, entry)
      if (untried === undefined) start(place)
      else end()
      return untried
    },
    writing() {
      if (under === undefined) return
      if (watchdog === undefined) end()
      else start({ ...under, index: writingIndex })
    },
    writesEach,
    end,
    failed(error) {
      watchdog?.end()
      write(under === undefined || isOfTheMachine(error) ? null : { ...noted(under), failed: true })
    },
    passed(bytes) {
      leftBytes -= bytes
      if (watchdog !== undefined && (bytes === 0 || leftBytes <= 0)) void calmDown()
    },
    async close() {
      await watchdog?.stop()
      if (fd !== undefined) closeSync(fd)
      rmSync(path, { force: true })
    },
  }
}

const whyUntried = 'not tried: it, or a message of this device up to a minute before it, ended ingest twice'

/** What is known of what was under way, once a process has ended in the middle of it. */
function afterEnd({ failed, ...died }: Under, endedOfItself: boolean): Under {
  const ofItself = failed === true || endedOfItself
  const ends = { deaths: died.deaths + (ofItself ? 1 : 0), kills: ofItself ? died.kills : died.kills + 1 }
  const inWriting = died.index === writingIndex && (ofItself || isGuilty(ends))
  return { ...died, ...ends, each: died.each || inWriting }
}

function isGuilty({ deaths, kills }: Pick<Under, 'deaths' | 'kills'>): boolean {
  return deaths >= maxDeaths || kills >= maxKills
}

/** A device's telemetry says nothing against its connection. */
function kindOf({ type, principal }: JournalEntry): string {
  return `${type} ${principal}`
}

/** `undefined`: the last process ended cleanly, or there was none. */
function readNote(path: string): Note | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  try {
    // Our own words of the process before.
    const { under, distrusted } = JSON.parse(text) as Note
    // An earlier release named no partition: there was one.
    return { under: under && { ...{ partition: localPartition }, ...under }, distrusted }
  } catch {
    return { under: null, distrusted: [] }
  }
}

/** A disk without room costs evidence, nothing else. */
function tryDisk<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** Results of SQLite that a value can have (https://sqlite.org/rescode.html): ERROR, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE. */
const ofTheValue = new Set([1, 18, 19, 20, 21, 25])

/** A full disk or a damaged file ends the process too, and says nothing of the message that it met. */
function isOfTheMachine(error: unknown): boolean {
  const { errcode, errno } = Object(error) as { errcode?: unknown; errno?: unknown }
  if (typeof errcode === 'number') return !ofTheValue.has(errcode & 0xff)
  return typeof errno === 'number'
}

/** For an engine that nobody starts again. */
export const noAttempts: Attempts = {
  watched: false,
  begin: () => undefined,
  writing: () => undefined,
  writesEach: () => false,
  end: () => undefined,
  failed: () => undefined,
  passed: () => undefined,
  close: async () => undefined,
}
