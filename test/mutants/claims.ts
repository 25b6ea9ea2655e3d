import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What a document promises, and the tests that it names for it. */
export interface Claim {
  /** `ASVS 1.2.4`, `ETSI 5.1`, `secret device keys`, `RELIABILITY kill-roles`: what a mutant names it by. */
  id: string
  what: string
  /** Test files that the document cites; empty: it cites none. */
  cited: readonly string[]
}

/** Tables of SECURITY.md by the heading above them, and what their rows are called here. */
const tables: readonly (readonly [heading: string, prefix: string])[] = [
  ['### Secrets', 'secret'],
  ['### OWASP ASVS', 'ASVS'],
  ['### ETSI EN 303 645', 'ETSI'],
  ['### BSSN Peraturan 4/2021', 'BSSN'],
  ['### UU PDP 27/2022', 'PDP'],
]

function rowsBelow(page: string, heading: string): string[][] {
  const section = page.slice(page.indexOf(heading)).split('\n').slice(1)
  const end = section.findIndex((line) => line.startsWith('#'))
  const lines = section.slice(0, end < 0 ? undefined : end).filter((line) => /^\| [^-]/.test(line))
  // The first row names the columns.
  return lines.slice(1).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

function claimOf(prefix: string, [name = '', ...rest]: readonly string[]): Claim {
  const last = rest.at(-1) ?? ''
  const cited = last.startsWith('test/') ? last.split(', ') : []
  const what = (cited.length > 0 ? rest.slice(0, -1) : rest).join('; ')
  return { id: `${prefix} ${name}`, what: what || name, cited }
}

/** A row with a reason instead of a test claims nothing that a test could notice: it is left out. */
function securityClaims(page: string): Claim[] {
  return tables.flatMap(([heading, prefix]) =>
    rowsBelow(page, heading)
      .filter((cells) => !cells.at(-1)?.startsWith('Reason: '))
      .map((cells) => claimOf(prefix, cells)),
  )
}

/** The sentence below each scenario's name, where anything is asked of it. */
function reliabilityClaims(page: string): Claim[] {
  return page
    .split('\n## ')
    .slice(1)
    .filter((section) => /[≤≥]/.test(section))
    .map((section) => {
      const [name = '', , what = ''] = section.split('\n')
      return { id: `RELIABILITY ${name}`, what, cited: [] }
    })
}

export function readClaims(): Claim[] {
  return [
    ...securityClaims(readFileSync('SECURITY.md', 'utf8')),
    ...reliabilityClaims(readFileSync('RELIABILITY.md', 'utf8')),
  ]
}

/** Claims of a first draw, each tried by hand and by a mutant: a later draw is about others. */
const drawnBefore: readonly string[] = [
  ...['1.2.2, 3.7.2', '1.2.4', '1.3.2', '1.3.3, 1.4.2, 2.2.1, 2.2.2, 2.2.3', '2.3.1, 2.3.3', '2.3.2, 2.4.1'],
  ...['3.5.1, 3.5.2, 3.5.3', '4.1.3, 15.3.4', '6.1.1, 6.3.1', '6.3.3', '11.2.1, 11.2.3, 11.3.1, 11.3.2, 11.3.3'],
  ...['12.2.1, 12.3.1', '13.2.3', '13.3.1, 13.3.2', '16.3.1, 16.3.2, 16.3.3', '16.5.3'],
]
  .map((name) => `ASVS ${name}`)
  .concat('ETSI 5.9', 'ETSI 5.12')

/**
 * The first `count` further claims in an order that only the seed and their names decide: a row that is added or reworded
 * moves no other.
 */
export function drawClaims(claims: readonly Claim[], { seed, count }: { seed: number; count: number }): Claim[] {
  const rank = ({ id }: Claim) => createHash('sha256').update(`${seed} ${id}`).digest('hex')
  return claims
    .filter(({ id }) => !drawnBefore.includes(id))
    .toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1))
    .slice(0, count)
}
