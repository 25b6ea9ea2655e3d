import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const page = readFileSync('SECURITY.md', 'utf8')
/** Rows of the tables behind this heading, as their cells. */
const rows = page
  .slice(page.indexOf('## Requirements and what proves them'))
  .split('\n')
  .filter((line) => /^\| (?!requirement|provision|function|article|-)/.test(line))
  .map((line) => line.split('|').slice(1, -1))
const proofOf = (cells: readonly string[]) => cells.at(-1)?.trim() ?? ''

describe('SECURITY.md', () => {
  test.each(rows.map((cells) => [cells[0]?.trim() ?? '', proofOf(cells)]))(
    '%s is proved by a file or has a reason',
    (_id, proof) => {
      expect(proof).toMatch(/^(test\/\S+\.test\.tsx?(, test\/\S+\.test\.tsx?)*$|Reason: .{10,})/)
      for (const [file] of proof.matchAll(/\b(?:test|docs)\/\S+\.(?:tsx?|md)\b/g))
        expect(existsSync(file), file).toBe(true)
    },
  )

  test('has the tables of all four', () => {
    expect(rows.length).toBeGreaterThan(100)
  })

  test('points to no page that is not there', () => {
    for (const [, target = ''] of page.matchAll(/\]\(([^)#]+)\)/g)) expect(existsSync(target), target).toBe(true)
  })
})
