import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { Mutant } from './mutant.ts'
import type { Tree } from './tree.ts'

/**
 * `killed`: a test failed. `survived`: all passed. `time-out`: the tests did not end. `untried`: without the mutant they
 * fail too, or none of them runs here, or the mutant's file could not be loaded; that proves nothing.
 */
export type Verdict = 'killed' | 'survived' | 'time-out' | 'untried'

export interface Outcome {
  mutant: Mutant
  verdict: Verdict
  /** The first test that failed, or why it was not tried. */
  by: string
  tookS: number
}

const timeoutMs = 300_000
const maxTries = 2
/** A whole system is stopped by its test; what hangs beyond that is ended with all that it started. */
const killAfterMs = 5000

interface TestRun {
  end: 'passed' | 'failed' | 'broken' | 'time-out'
  detail: string
}

/** Of vitest's JSON reporter, what is read here. */
interface Report {
  numPassedTests: number
  testResults: {
    name: string
    message: string
    assertionResults: { status: string; ancestorTitles: string[]; title: string }[]
  }[]
}

/** Tries one mutant after the other in the same copy. The tests of each must pass without it first. */
export function createTrials(tree: Tree) {
  const sound = new Map<string, Promise<TestRun>>()
  const without = ({ tests, only = '' }: Mutant) => {
    const key = [...tests, only].join(' ')
    const known = sound.get(key) ?? runSound(tree.dir, tests, only)
    sound.set(key, known)
    return known
  }

  return async (mutant: Mutant): Promise<Outcome> => {
    const startedMs = performance.now()
    const outcome = (verdict: Verdict, by: string): Outcome => ({
      ...{ mutant, verdict, by },
      tookS: Math.round((performance.now() - startedMs) / 100) / 10,
    })
    const before = await without(mutant)
    if (before.end !== 'passed') return outcome('untried', `without it: ${before.end} ${before.detail}`)
    const undo = putIn(tree, mutant)
    if (typeof undo === 'string') return outcome('untried', undo)
    try {
      if (mutant.file.startsWith('dashboard/')) await buildPages(tree.dir)
      const { end, detail } = await runWith(tree.dir, mutant)
      return outcome(verdicts[end], detail)
    } finally {
      undo()
      if (mutant.file.startsWith('dashboard/')) await buildPages(tree.dir)
    }
  }
}

/** How to take it out again; in words why it does not fit the code any more. */
function putIn(tree: Tree, mutant: Mutant): (() => void) | string {
  try {
    return tree.mutate(mutant)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** A busy machine may let a test fail once. */
async function runSound(dir: string, tests: readonly string[], only: string): Promise<TestRun> {
  const first = await runTests(dir, tests, only)
  return first.end === 'failed' ? runTests(dir, tests, only) : first
}

/** A test that fails once only has failed for another reason than the mutant, such as a busy machine. */
async function runWith(dir: string, { tests, only = '' }: Mutant): Promise<TestRun> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const first = await runTests(dir, tests, only)
    if (first.end !== 'failed') return first
    const again = await runTests(dir, tests, literally(first.detail))
    if (again.end !== 'passed') return again.end === 'failed' ? first : again
  }
  return { end: 'passed', detail: 'each failed once only' }
}

/** A pattern that matches this text and nothing else. */
function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

const verdicts = { passed: 'survived', failed: 'killed', broken: 'untried', 'time-out': 'time-out' } as const

async function buildPages(dir: string): Promise<void> {
  await run(dir, ['vite', 'build', 'dashboard', '--logLevel', 'error'])
}

async function runTests(dir: string, tests: readonly string[], only: string): Promise<TestRun> {
  const file = join(dir, 'vitest-result.json')
  rmSync(file, { force: true })
  const filter = only === '' ? [] : ['--testNamePattern', only]
  const result = ['--bail', '1', '--reporter', 'json', '--outputFile', file]
  const { code, printed } = await run(dir, ['vitest', 'run', ...result, ...filter, ...tests])
  if (code === null) return { end: 'time-out', detail: '' }
  if (!existsSync(file)) return { end: 'broken', detail: printed.slice(-400) }
  // Written by vitest a moment ago.
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report
  return judge(report, code, printed)
}

/** As `--testNamePattern` takes it. */
function nameOf({ ancestorTitles, title }: Report['testResults'][number]['assertionResults'][number]): string {
  return [...ancestorTitles, title].filter((part) => part !== '').join(' > ')
}

function judge({ testResults, numPassedTests }: Report, code: number, printed: string): TestRun {
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(nameOf),
  )
  if (failed[0] !== undefined) return { end: 'failed', detail: failed[0] }
  const told = testResults.map(({ message }) => message).find((message) => message !== '')
  if (code !== 0) return { end: 'broken', detail: told ?? printed.slice(-400) }
  return numPassedTests > 0 ? { end: 'passed', detail: '' } : { end: 'broken', detail: 'no test ran' }
}

/** `code` null: it did not end in time. */
async function run(dir: string, [command = '', ...args]: string[]): Promise<{ code: number | null; printed: string }> {
  // Another Node than ours, where that comes first, could not load the code: every mutant would be untried.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` }
  const child = spawn(join(dir, 'node_modules', '.bin', command), args, { cwd: dir, env, detached: true })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      printed = `${printed}${chunk}`.slice(-10_000)
    })
  const end = (signal: NodeJS.Signals) => {
    // Its own group: the workers end with it. One that is gone already has none.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal)
  }
  // It would outlive us, in a group of its own.
  const endWithUs = () => end('SIGKILL')
  process.once('exit', endWithUs)
  let late = false
  const timer = setTimeout(() => {
    late = true
    end('SIGTERM')
    setTimeout(end, killAfterMs, 'SIGKILL').unref()
  }, timeoutMs)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  clearTimeout(timer)
  process.off('exit', endWithUs)
  return { code: late ? null : (code ?? 1), printed }
}
