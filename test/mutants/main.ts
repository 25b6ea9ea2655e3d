import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mutants } from './areas/index.ts'
import { type Claim, drawClaims, readClaims } from './claims.ts'
import type { Mutant } from './mutant.ts'
import { copyTree } from './tree.ts'
import { createTrials, type Outcome } from './trial.ts'

/**
 * `npm run mutants`: breaks in a copy, one after the other, what SECURITY.md and RELIABILITY.md claim, and says which
 * tests notice. Ends with status 1 when one survives or could not be tried.
 */

const usage = `npm run mutants [-- options]
  --list             ids and the claims that they break
  --only ID          only this mutant; may be given several times
  --seed N --draw K  only those of K claims that are drawn from the documents; the same seed draws the same
`

const options = {
  list: { type: 'boolean', default: false },
  only: { type: 'string', multiple: true, default: [] as string[] },
  seed: { type: 'string', default: '1' },
  draw: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

async function main(): Promise<number> {
  const { values } = parseArgs({ options })
  if (values.help) return say(usage)
  if (values.list) return say(mutants.map(({ id, claim }) => `${id.padEnd(36)} ${claim}\n`).join(''))
  const unknown = values.only.filter((id) => !mutants.some((mutant) => mutant.id === id))
  const [seed, count] = [Number(values.seed), Number(values.draw ?? 0)]
  if (unknown.length > 0 || !Number.isSafeInteger(seed) || !(Number.isSafeInteger(count) && count >= 0)) {
    process.stderr.write(unknown.length > 0 ? `There is no mutant ${unknown.join(', ')}.\n` : usage)
    return 2
  }
  const drawn = values.draw === undefined ? undefined : drawClaims(readClaims(), { seed, count })
  if (drawn !== undefined) tellDraw(drawn, seed)
  return runAll(mutants.filter((mutant) => isChosen(mutant, values.only, drawn)))
}

function isChosen({ id, claim }: Mutant, only: readonly string[], drawn: readonly Claim[] | undefined): boolean {
  return (only.length === 0 || only.includes(id)) && (drawn === undefined || drawn.some((one) => one.id === claim))
}

function say(text: string): number {
  process.stdout.write(text)
  return 0
}

/** A claim that nobody has broken yet is not one that holds: it is named. */
function tellDraw(drawn: readonly Claim[], seed: number): void {
  say(`${drawn.length} claims, seed ${seed}\n`)
  for (const { id, what } of drawn) {
    const tried = mutants.filter(({ claim }) => claim === id).map((mutant) => mutant.id)
    say(`  ${id}: ${what} [${tried.length > 0 ? tried.join(', ') : 'NO MUTANT'}]\n`)
  }
  say('\n')
}

async function runAll(chosen: readonly Mutant[]): Promise<number> {
  const tree = copyTree()
  process.once('exit', tree.remove)
  const tryMutant = createTrials(tree)
  const outcomes: Outcome[] = []
  for (const mutant of chosen) {
    const outcome = await tryMutant(mutant)
    outcomes.push(outcome)
    say(lineOf(outcome))
  }
  mkdirSync('artifacts', { recursive: true })
  writeFileSync(join('artifacts', 'mutants.json'), `${JSON.stringify(outcomes, null, 2)}\n`)
  const missed = outcomes.filter(({ verdict }) => verdict === 'survived' || verdict === 'untried')
  say(`\n${outcomes.length} mutants, ${outcomes.length - missed.length} noticed\n`)
  for (const { mutant, verdict } of missed) say(`${verdict.toUpperCase()}: ${mutant.id}, ${mutant.claim}\n`)
  return missed.length === 0 ? 0 : 1
}

function lineOf({ mutant, verdict, by, tookS }: Outcome): string {
  return `${verdict.padEnd(8)} ${mutant.id.padEnd(36)} ${String(tookS).padStart(6)} s  ${mutant.claim.padEnd(24)} ${by.split('\n', 1)[0]}\n`
}

// What is under way ends with us.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exitCode = await main()
