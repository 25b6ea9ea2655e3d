import { parseArgs } from 'node:util'
import { hasMissed, isMet, keepOutcome, type Outcome, runScenario } from './outcome.ts'
import { writeReport } from './report.ts'
import type { Scenario, TortureFigure } from './scenario.ts'
import { scenarios } from './scenarios.ts'

/**
 * `npm run torture`: what the system promises, put to the test for an hour. Prints the seed;
 * the same seed does the same again. Ends with status 1 when a bar was missed.
 */

const usage = `npm run torture [-- options]
  --list            names, promises and how long each takes
  --only NAME       only this scenario; may be given several times
  --seed N          the chance of an earlier run again
  --scale X         1: all that the bars ask for; 0.1: a tenth of the rounds; without it what fits into --minutes
  --minutes N       60, when absent
  --report          also writes RELIABILITY.md
`

const options = {
  list: { type: 'boolean', default: false },
  only: { type: 'string', multiple: true },
  seed: { type: 'string' },
  scale: { type: 'string' },
  minutes: { type: 'string', default: '60' },
  report: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

async function main(): Promise<number> {
  const { values } = parseArgs({ options })
  if (values.help) return say(usage)
  if (values.list) return say(scenarios.map(listed).join(''))
  const order = orderOf(values.only ?? [], values)
  if (typeof order === 'string') {
    process.stderr.write(order)
    return 2
  }
  const { chosen, seed, scale } = order
  say(`seed ${seed}, scale ${scale}, about ${Math.ceil(minutesOf(chosen) * scale)} minutes\n`)
  const outcomes: Outcome[] = []
  for (const scenario of chosen) outcomes.push(await runAndTell(scenario, seed, scale))
  if (values.report) writeReport()
  const missed = outcomes.filter(hasMissed).map(({ name }) => name)
  say(missed.length === 0 ? '\nevery bar was met\n' : `\nMISSED: ${missed.join(', ')} (seed ${seed})\n`)
  return missed.length === 0 ? 0 : 1
}

interface Order {
  chosen: readonly Scenario[]
  seed: number
  scale: number
}

/** What to run, or what is wrong with the options. */
function orderOf(
  only: readonly string[],
  { scale: wanted, seed: named, minutes }: { scale?: string; seed?: string; minutes: string },
): Order | string {
  const unknown = only.filter((name) => !scenarios.some((scenario) => scenario.name === name))
  if (unknown.length > 0) return `There is no scenario ${unknown.join(', ')}.\n`
  const chosen = scenarios.filter(({ name }) => only.length === 0 || only.includes(name))
  const scale = Number(wanted ?? scaleThatFits(chosen, Number(minutes)))
  const seed = Number(named ?? Math.floor(Math.random() * 2 ** 31))
  return scale > 0 && Number.isSafeInteger(seed) ? { chosen, seed, scale } : usage
}

function minutesOf(chosen: readonly Scenario[]): number {
  return chosen.reduce((sum, { minutes }) => sum + minutes, 0)
}

function scaleThatFits(chosen: readonly Scenario[], minutes: number): number {
  return Math.min(1, Math.floor((minutes / minutesOf(chosen)) * 100) / 100)
}

function say(text: string): number {
  process.stdout.write(text)
  return 0
}

function listed({ name, minutes, promise }: Scenario): string {
  return `${name.padEnd(22)} ${String(minutes).padStart(4)} min  ${promise}\n`
}

async function runAndTell(scenario: Scenario, seed: number, scale: number): Promise<Outcome> {
  say(`\n${scenario.name}: ${scenario.promise}\n`)
  const outcome = await runScenario(scenario, { seed, scale, log: progress })
  progress('')
  keepOutcome(outcome)
  if (outcome.skipped !== undefined) say(`  skipped: ${outcome.skipped}\n`)
  if (outcome.fault !== undefined) say(`  FAULT: ${outcome.fault}\n`)
  for (const figure of outcome.figures) say(`  ${lineOf(figure)}\n`)
  say(`  ${outcome.tookS} s\n`)
  return outcome
}

/** One line that is written over, on a terminal only. */
function progress(line: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line === '' ? '' : `  … ${line}`}`)
}

function lineOf(figure: TortureFigure): string {
  const { what, reached, unit, asked, better } = figure
  const bar = asked === undefined ? '' : ` (${better === 'more' ? '≥' : '≤'} ${asked})${isMet(figure) ? '' : ' MISSED'}`
  return `${what}: ${Math.round(reached * 100) / 100} ${unit}${bar}`
}

// What a scenario started ends with us.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exitCode = await main()
