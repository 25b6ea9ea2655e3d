import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseSync } from 'vite'
import { expect, test } from 'vitest'

const maxLines = 120
const maxFiles = 25

const folders = ['contract', 'domain', 'storage', 'broker', 'ingest', 'api', 'firmware-sim', 'dashboard', 'runtime']
const files = folders
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name) && !/^(dist|node_modules)\//.test(name))
      .map((name) => join(folder, name)),
  )
  .concat('main.ts')

const functionTypes = new Set<string | undefined>([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
])

/** Functions of a file with their lines, those inside others too. */
function functionsOf(file: string): { name: string; lines: number }[] {
  const text = readFileSync(file, 'utf8')
  const found: { name: string; lines: number }[] = []
  const look = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, start, end, id } = node as { type?: string; start: number; end: number; id?: { name?: string } }
    if (functionTypes.has(type))
      found.push({ name: `${file} ${id?.name ?? ''}`.trim(), lines: text.slice(start, end).split('\n').length })
    for (const child of Object.values(node)) look(child)
  }
  look(parseSync(file, text).program)
  return found
}

test(`no function is longer than ${maxLines} lines`, () => {
  expect(files.flatMap(functionsOf).filter(({ lines }) => lines > maxLines)).toEqual([])
})

test(`no folder holds more than ${maxFiles} source files`, () => {
  const folders = Map.groupBy(files, (file) => dirname(file))
  expect([...folders].filter(([, within]) => within.length > maxFiles).map(([folder]) => folder)).toEqual([])
})
