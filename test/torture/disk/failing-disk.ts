import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { openEngine, reached } from '../../support/storage/engine-under-test.ts'
import { type Fault, runWithFault } from '../power/failing.ts'
import { recordedScript } from '../power/recording.ts'
import { rounds, type Scenario, type TortureFigure, type Trial } from '../scenario.ts'
import { batchesIn, numbersOf } from './journal-content.ts'

const fullCalls = 200
const messages = 1700
const readings = 210
const faults: readonly Omit<Fault, 'nth'>[] = [
  { call: 'fsync', error: 'EIO' },
  { call: 'pwrite64', error: 'ENOSPC' },
]
/** Starts without a fault until it has to be through; a supervisor would go on for ever. */
const maxStarts = 3

interface Part {
  name: 'journal' | 'store'
  script: string
  count: number
  /** How far it has come, as it said itself. */
  reached(told: readonly number[]): number
  /** Acknowledged and not there, or there twice. */
  wrong(dir: string, told: readonly number[]): number
}

const journal: Part = {
  name: 'journal',
  script: 'recorded-journal.ts',
  count: messages,
  reached: (told) => told.length,
  wrong(dir, told) {
    const found = new Set([...batchesIn(dir)].flatMap(numbersOf))
    return told.filter((n) => !found.has(n)).length
  },
}

const store: Part = {
  name: 'store',
  script: 'recorded-ingest.ts',
  count: readings,
  reached: (told) => told.at(-1) ?? 0,
  wrong(dir, told) {
    const under = openEngine(dir, { forwards: true })
    const { db, engine } = under
    const offset = reached(under)
    const rows = Number(db.prepare('SELECT count(*) AS n FROM r_trans_binjai_bus_20261121').get()?.n)
    const waiting = engine.ledger.waiting()
    under.close()
    return told.filter((seq) => seq > offset).length + Math.abs(rows - readings) + Math.abs(waiting - readings)
  },
}

interface Tally {
  rounds: number
  wrong: number
  stuck: number
  restarts: number
}

async function failOnce(part: Part, dir: string, fault: Fault, tally: Tally): Promise<void> {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  const told = join(dir, 'told')
  const toldSoFar = () => readNumbers(told)
  const script = recordedScript(part.script)
  const data = join(dir, part.name)
  const run = (one?: Fault) => {
    return runWithFault(script, [data, told, String(part.count), String(part.reached(toldSoFar()))], one)
  }
  let status = await run(fault)
  let starts = 0
  while (status !== 0 && starts < maxStarts) {
    starts += 1
    status = await run()
  }
  tally.rounds += 1
  tally.restarts += starts
  tally.stuck += status === 0 ? 0 : 1
  tally.wrong += part.wrong(data, toldSoFar())
}

function readNumbers(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** Two rounds at once: half of the time of each is the start of a process. */
async function failEach(part: Part, { dir, scale, log }: Trial): Promise<Tally> {
  const tally: Tally = { rounds: 0, wrong: 0, stuck: 0, restarts: 0 }
  const step = Math.max(1, Math.round(1 / scale))
  const jobs = faults.flatMap((fault) =>
    Array.from({ length: rounds(fullCalls, scale) }, (_, n) => ({ ...fault, nth: 1 + ((n * step) % fullCalls) })),
  )
  const total = jobs.length
  async function work(lane: number): Promise<void> {
    for (let fault = jobs.shift(); fault !== undefined; fault = jobs.shift()) {
      await failOnce(part, join(dir, `${part.name}-${lane}`), fault, tally)
      log(`${part.name}: ${tally.rounds} of ${total}, ${tally.restarts} restarts`)
    }
  }
  await Promise.all([work(1), work(2)])
  return tally
}

export const failingDisk: Scenario = {
  name: 'failing-disk',
  promise: 'A write or a sync that fails costs no acknowledged message, and nobody has to repair anything.',
  how: 'strace lets the n-th sync (EIO) and the n-th write (ENOSPC) of the journal and of the store fail, for every n up to 200; what ended is started again, as the supervisor does.',
  minutes: 7,
  quickScale: 0.01,
  missing: () => missingProgram('strace'),
  async run(trial) {
    return [
      ...figuresOf('journal', await failEach(journal, trial)),
      ...figuresOf('store', await failEach(store, trial)),
    ]
  },
}

function figuresOf(what: string, { rounds: done, wrong, stuck, restarts }: Tally): TortureFigure[] {
  const none = { unit: '', asked: 0, better: 'less' } as const
  return [
    { what: `failing calls of the ${what}`, reached: done, unit: '', better: 'more' },
    { what: `of them that ended the process, which then started again`, reached: restarts, unit: '', better: 'less' },
    { what: `acknowledged and lost, or there twice, in the ${what}`, reached: wrong, ...none },
    { what: `times that the ${what} did not come back by itself`, reached: stuck, ...none },
  ]
}
