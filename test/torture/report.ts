import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { short } from '../bench/table.ts'
import { isMet, type Outcome, readOutcomes } from './outcome.ts'
import type { TortureFigure } from './scenario.ts'
import { scenarios } from './scenarios.ts'

const head = `# What holds, and how it is known

Every figure here was measured by \`npm run torture\`, which anybody can run: it does to the whole system what the rows say,
with a seed that repeats it. This page is made from its result (\`npm run torture -- --report\`), never by hand. A bar that was not reached
stands here with its number.
`

function bar({ asked, unit, better }: TortureFigure): string {
  return asked === undefined ? '' : `${better === 'more' ? '≥' : '≤'} ${short(asked)} ${unit}`.trim()
}

function verdict(figure: TortureFigure): string {
  if (figure.asked === undefined) return ''
  return isMet(figure) ? 'met' : '**MISSED**'
}

function row(figure: TortureFigure): string {
  return `| ${figure.what} | ${`${short(figure.reached)} ${figure.unit}`.trim()} | ${bar(figure)} | ${verdict(figure)} |`
}

function body({ figures, skipped, fault }: Outcome): string[] {
  if (skipped !== undefined) return [`Not run: ${skipped}.`]
  if (fault !== undefined) return ['**MISSED**: it ended by a fault.', '', '```', fault.slice(0, 1000), '```']
  return ['| figure | reached | asked | |', '|---|---|---|---|', ...figures.map(row)]
}

function section(outcome: Outcome): string {
  const { name, promise, how, at, seed, scale, tookS, machine, loadBefore } = outcome
  const origin = `\`npm run torture -- --only ${name} --seed ${seed}${scale === 1 ? '' : ` --scale ${scale}`}\``
  const when = `${at.slice(0, 16).replace('T', ' ')} UTC, ${short(tookS)} s, ${machine}${loadBefore === undefined ? '' : `, load ${short(loadBefore)} before it`}`
  return [`## ${name}`, '', promise, '', how, '', ...body(outcome), '', `${origin}, ${when}`, ''].join('\n')
}

const reportFile = 'RELIABILITY.md'

/** The sections of a report by their scenarios, as they stand there. */
export function sectionsOf(report: string): Map<string, string> {
  const parts = report.split(/^(?=## )/m).slice(1)
  return new Map(parts.map((part) => [/^## (.+)$/m.exec(part)?.[1] ?? '', `${part.trimEnd()}\n`]))
}

/**
 * RELIABILITY.md from the latest outcome of each scenario. What did not run on this machine stays as it was measured
 * elsewhere, with its date; one that never ran is named.
 */
export function writeReport(): void {
  const outcomes = readOutcomes()
  const before = sectionsOf(existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : '')
  const sections = scenarios.map(({ name, promise }) => {
    const outcome = outcomes.find((one) => one.name === name)
    if (outcome !== undefined) return section(outcome)
    return before.get(name) ?? `## ${name}\n\n${promise}\n\nNot run yet.\n`
  })
  writeFileSync(reportFile, [head, ...sections].join('\n'))
}

if (import.meta.main) writeReport()
