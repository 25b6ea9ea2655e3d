import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { beginWriting } from '../../../storage/journal/active-segment.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import {
  batchesOf,
  countersOf,
  message,
  morningMs,
  openEngine,
  reached,
} from '../../support/storage/engine-under-test.ts'
import { createSimulatedDisk } from '../power/disk.ts'
import { type DiskCall, recordDisk, recordedScript } from '../power/recording.ts'
import { rounds, type Scenario, type TortureFigure, type Trial } from '../scenario.ts'
import { batchesIn, numbersOf } from './journal-content.ts'

const fullCases = 50_000
const messages = 1200
const readings = 250

/** What a power cut left, opened by the code that would open it. Returns how many acknowledged ones are missing. */
type Open = (image: string, acknowledged: readonly number[]) => number

interface Tally {
  cases: number
  lost: number
  notOpened: number
  firstFault: string | undefined
}

async function cutPower(calls: DiskCall[], root: string, cases: number, open: Open, trial: Trial): Promise<Tally> {
  const disk = createSimulatedDisk(root)
  const target = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : trial.dir, 'bcc-power-'))
  const acknowledged: number[] = []
  const tally: Tally = { cases: 0, lost: 0, notOpened: 0, firstFault: undefined }

  function cut(): void {
    disk.crash(trial.random, target)
    tally.cases += 1
    try {
      tally.lost += open(target, acknowledged)
    } catch (error) {
      tally.notOpened += 1
      tally.firstFault ??= error instanceof Error ? error.stack : String(error)
    }
  }

  for (const [index, call] of calls.entries()) {
    if (!call.path.endsWith('/told')) disk.apply(call)
    else if (call.type === 'write') acknowledged.push(...call.bytes.toString().trim().split('\n').map(Number))
    const due = Math.round(((index + 1) / calls.length) * cases)
    while (tally.cases < due) cut()
    trial.log(`${tally.cases} of ${cases} power cuts`)
    await setImmediate()
  }
  rmSync(target, { recursive: true })
  if (tally.firstFault !== undefined) process.stderr.write(`${tally.firstFault}\n`)
  return tally
}

function openJournal(image: string, acknowledged: readonly number[]): number {
  const dir = join(image, 'journal')
  mkdirSync(dir, { recursive: true })
  const writer = beginWriting(dir)
  writer.commit([{ entries: 0, readings: 0, body: new Uint8Array() }])
  writer.close()
  const found = new Set([...batchesIn(dir)].flatMap(numbersOf))
  return acknowledged.filter((n) => !found.has(n)).length
}

const entries = Array.from({ length: readings }, (_, n) =>
  message({ ts: morningMs + n, odometer_km: n / 10 }, { receivedAtMs: morningMs + n }),
)
const batches = batchesOf(entries.map((entry) => [entry]))

/** An offset that was told must be there, with its rows, and the rest must go in once. */
function openStore(image: string, told: readonly number[]): number {
  const under = openEngine(join(image, 'store'), { forwards: true })
  try {
    const offset = reached(under)
    const check = under.db.prepare('PRAGMA quick_check').get()
    if (check?.quick_check !== 'ok') throw new Error(`the store is damaged: ${JSON.stringify(check)}`)
    under.engine.processBatches(batches.slice(offset))
    const rows = Number(under.db.prepare('SELECT count(*) AS n FROM r_trans_binjai_bus_20261121').get()?.n)
    const { waiting, duplicates } = countersOf(under, readings)
    if (rows !== readings || waiting !== readings || duplicates !== 0)
      throw new Error(`${rows} rows, ${waiting} waiting, ${duplicates} duplicates of ${readings}`)
    return told.filter((seq) => seq > offset).length
  } finally {
    under.close()
  }
}

export const powerLoss: Scenario = {
  name: 'power-loss',
  promise: 'An acknowledged message survives the loss of power at any moment, and everything opens again.',
  how: 'The system calls of the journal and of the store are recorded under load with strace; then the power is cut after every call: any part of what was not synced is dropped (sectors of 512 or 4,096 bytes, sizes, entries of folders), and the real code opens what is left.',
  minutes: 11,
  quickScale: 0.006,
  missing: () => missingProgram('strace'),
  async run(trial) {
    const { dir, scale } = trial
    const cases = rounds(fullCases / 2, scale)
    const journalRoot = join(dir, 'a')
    const storeRoot = join(dir, 'b')
    for (const root of [journalRoot, storeRoot]) mkdirSync(root)
    trial.log('recording')
    const record = (script: string, root: string, folder: string, count: number) =>
      recordDisk(
        recordedScript(script),
        [join(root, folder), join(root, 'told'), String(count)],
        root,
        join(dir, `${folder}.strace`),
      )
    const journalCalls = record('recorded-journal.ts', journalRoot, 'journal', messages)
    const journal = await cutPower(journalCalls, journalRoot, cases, openJournal, trial)
    const storeCalls = record('recorded-ingest.ts', storeRoot, 'store', readings)
    const store = await cutPower(storeCalls, storeRoot, cases, openStore, trial)
    return [...figuresOf('journal', journal), ...figuresOf('store', store), orderFigure(journalCalls)]
  },
}

function figuresOf(what: string, { cases, lost, notOpened }: Tally): TortureFigure[] {
  const none = { unit: '', asked: 0, better: 'less' } as const
  return [
    { what: `power cuts of the ${what}`, reached: cases, unit: '', better: 'more' },
    { what: `acknowledged and lost in the ${what}`, reached: lost, ...none },
    { what: `times that the ${what} did not open whole`, reached: notOpened, ...none },
  ]
}

/** Between the last write of a journal file and an acknowledgement there must be a sync of that file. */
function orderFigure(calls: readonly DiskCall[]): TortureFigure {
  const dirty = new Set<string>()
  let early = 0
  for (const { type, path } of calls) {
    if (type === 'sync') dirty.delete(path)
    else if (path.endsWith('/told')) early += type === 'write' && dirty.size > 0 ? 1 : 0
    else if (type === 'write' && path.endsWith('-wal')) dirty.add(path)
  }
  return {
    what: 'acknowledgements before the sync of what was written',
    reached: early,
    unit: '',
    asked: 0,
    better: 'less',
  }
}
