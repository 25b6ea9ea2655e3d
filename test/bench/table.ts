import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'

export interface Figure {
  what: string
  reached: number
  unit: string
  /** What ARCHITECTURE.md asks for; absent where nothing is asked. */
  asked?: number
  better: 'more' | 'less'
}

interface Report {
  at: string
  node: string
  machine: { cores: number; model: string; memoryGb: number }
  figures: readonly Figure[]
}

function meets({ reached, asked, better }: Figure): string {
  if (asked === undefined) return ''
  return (better === 'more' ? reached >= asked : reached <= asked) ? 'yes' : 'NO'
}

export function short(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Math.round(value * 100) / 100)
}

/** Writes the figures with the machine they were measured on, and prints them. */
export function reportFigures(file: string, figures: readonly Figure[]): void {
  const machine = { cores: cpus().length, model: cpus()[0]?.model ?? '', memoryGb: Math.round(totalmem() / 2 ** 30) }
  const report = { at: new Date().toISOString(), node: process.version, machine, figures }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
  printTable(report)
}

/** The report as a Markdown table. */
function printTable({ at, node, machine, figures }: Report): void {
  console.log(`\n${at}, Node ${node}, ${machine.cores} cores (${machine.model}), ${machine.memoryGb} GB\n`)
  console.log('| figure | reached | asked | met |\n|---|---|---|---|')
  for (const figure of figures) {
    const { what, reached, unit, asked, better } = figure
    const bar = asked === undefined ? '' : `${better === 'more' ? '≥' : '≤'} ${short(asked)} ${unit}`
    console.log(`| ${what} | ${short(reached)} ${unit} | ${bar.trim()} | ${meets(figure)} |`)
  }
}

export interface Quantiles {
  p50: number
  p95: number
  p99: number
}

export function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
