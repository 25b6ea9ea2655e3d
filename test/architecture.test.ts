import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Who may import whom. `main.ts` and `runtime/`, which wires the roles, may import every folder. */
const allowed: Record<string, string[]> = {
  contract: [],
  domain: ['contract'],
  storage: ['contract', 'domain'],
  broker: ['contract', 'domain', 'storage'],
  ingest: ['contract', 'domain', 'storage'],
  api: ['contract', 'domain', 'storage'],
  'firmware-sim': ['contract', 'domain'],
  dashboard: ['contract', 'domain'],
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|tsx)$/.test(name) && !/^(dist|node_modules)\//.test(name))
    .map((name) => join(folder, name))
}

function imports(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?'([^']+)'/g)].map(([, path]) => path ?? '')
}

const files = Object.keys(allowed).flatMap(sources)
const wiring = sources('runtime')
const rootFiles = readdirSync('.').filter((name) => name.endsWith('.ts'))

describe('folders', () => {
  test.each(files)('%s imports only what its folder may', (file) => {
    const folder = file.split('/')[0] ?? ''
    const strangers = imports(file)
      .filter((path) => path.startsWith('.'))
      .map((path) => normalize(join(dirname(file), path)).split('/')[0] ?? '')
      .filter((target) => target !== folder && !allowed[folder]?.includes(target))
    expect(strangers).toEqual([])
  })

  test.each([...sources('contract'), ...sources('domain')])('%s needs nothing but zod', (file) => {
    expect(imports(file).filter((path) => !path.startsWith('.') && path !== 'zod')).toEqual([])
  })

  test('only runtime/config.ts reads the environment', () => {
    const readers = [...files, ...wiring, 'main.ts'].filter((file) =>
      readFileSync(file, 'utf8').includes('process.env'),
    )
    expect(readers).toEqual(['runtime/config.ts'])
  })

  test.each([...files, ...wiring, ...rootFiles])('%s makes no code of text', (file) => {
    const code = readFileSync(file, 'utf8').replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, '')
    for (const maker of [/\beval\b/, /\bFunction\(/, /\bnew Function\b/, /\.constructor\(/, /['"](node:)?vm['"]/])
      expect(code).not.toMatch(maker)
    // What is loaded is named in the source, so that no text of a stranger names it.
    for (const [, what] of code.matchAll(/\bimport\(\s*([^)]*)\)/g)) expect(what).toMatch(/^'[^']+'$/)
  })

  test('the hot path of the dashboard knows no framework', () => {
    const framework = files
      .filter((file) => /^dashboard\/(core|map)\//.test(file))
      .filter((file) => imports(file).some((path) => /^react/.test(path) || path.endsWith('.tsx')))
    expect(framework).toEqual([])
  })
})
