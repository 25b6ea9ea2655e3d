import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { createRandom } from '../../firmware-sim/random.ts'
import type { Scenario, TortureFigure } from './scenario.ts'

export interface Outcome {
  name: string
  promise: string
  how: string
  at: string
  seed: number
  scale: number
  tookS: number
  machine: string
  /** Load average of the minute before: what else went on. */
  loadBefore?: number | undefined
  figures: TortureFigure[]
  /** Why it did not run here. */
  skipped?: string
  /** It ended by a fault instead of figures. */
  fault?: string
}

export function isMet({ reached, asked, better }: TortureFigure): boolean {
  if (asked === undefined) return true
  return better === 'more' ? reached >= asked : reached <= asked
}

/** A scenario that did not run has missed nothing; one that broke has. */
export function hasMissed({ figures, fault }: Outcome): boolean {
  return fault !== undefined || figures.some((figure) => !isMet(figure))
}

interface Order {
  seed: number
  scale: number
  log(line: string): void
}

/** Runs one scenario in a folder of its own. What it throws becomes a fault in the outcome. */
export async function runScenario(scenario: Scenario, { seed, scale, log }: Order): Promise<Outcome> {
  const { name, promise, how } = scenario
  const begun = {
    name,
    promise,
    how,
    at: new Date().toISOString(),
    seed,
    scale,
    machine: machine(),
    loadBefore: loadavg()[0],
  }
  const skipped = scenario.missing?.()
  if (skipped !== undefined) return { ...begun, tookS: 0, figures: [], skipped }
  const dir = mkdtempSync(join(tmpdir(), `bcc-torture-${name}-`))
  const startedMs = performance.now()
  const tookS = () => Math.round((performance.now() - startedMs) / 100) / 10
  try {
    const figures = await scenario.run({ seed, random: createRandom(seed, name), scale, dir, log })
    return { ...begun, tookS: tookS(), figures }
  } catch (error) {
    const fault = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { ...begun, tookS: tookS(), figures: [], fault }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function machine(): string {
  const memoryGb = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} cores (${cpus()[0]?.model ?? '?'}), ${memoryGb} GB, Node ${process.version}`
}

const resultFile = join('artifacts', 'torture.json')

/** The latest outcome of every scenario that ever ran here. */
export function readOutcomes(): Outcome[] {
  // Written by `keepOutcome`.
  return existsSync(resultFile) ? (JSON.parse(readFileSync(resultFile, 'utf8')) as Outcome[]) : []
}

/** A run of one scenario replaces its earlier outcome and leaves the others. */
export function keepOutcome(outcome: Outcome): void {
  mkdirSync('artifacts', { recursive: true })
  const others = readOutcomes().filter(({ name }) => name !== outcome.name)
  writeFileSync(resultFile, `${JSON.stringify([...others, outcome], null, 2)}\n`)
}
