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

/** Data of one city, and defaults of settings, which are those of the first one. */
const citiesOwn = /^(contract\/site\/binjai\/|firmware-sim\/|runtime\/(settings|setting-faults)\.ts$)/
/** A public name of a profile, which came from its first city. */
const publicNames = /trans-?binjai-?bus/gi
/** A word of any Indonesian's passwords. */
const passwordWords = 'storage/registry/people/common-passwords.ts'

function ownWordsOfBinjai(): RegExp {
  const names = ['kecamatan', 'rivers'].flatMap((layer) => {
    // The site's files have a schema and a test of their own.
    const { features } = JSON.parse(readFileSync(`contract/site/binjai/${layer}.geojson`, 'utf8')) as {
      features: { properties: { name: string } }[]
    }
    return features.map(({ properties }) => properties.name.replace(/^Sungai /, ''))
  })
  const zones = [
    'Asia/\\w+',
    '\\bWIB\\b',
    '\\bWITA?\\b',
    'UTC\\+7',
    '\\+07:?00',
    '7 \\* 3_?600_?000',
    '25_?200_?000',
    'jakarta',
  ]
  return new RegExp(`binjai|\\b1883\\b|${[...zones, ...names].join('|')}`, 'gi')
}

/** Names that two files define, where the folder says which is meant. */
const sharedNames: Record<string, string> = {
  createConnectionLimiter: 'the limiter of the MQTT ports, and that of the HTTP port',
}

function exportedNames(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const named = /^export (?:declare )?(?:async )?(?:const|let|function\*?|class|interface|type) (\w+)/gm
  return [...new Set([...text.matchAll(named)].map(([, name]) => name ?? ''))]
}

describe('words', () => {
  test('an exported name means one thing', () => {
    const definedIn = new Map<string, string[]>()
    for (const file of [...files, ...wiring, ...rootFiles])
      for (const name of exportedNames(file)) definedIn.set(name, [...(definedIn.get(name) ?? []), file])
    const twice = [...definedIn].filter(([, where]) => where.length > 1)
    expect(twice.filter(([name]) => !Object.hasOwn(sharedNames, name))).toEqual([])
    const shared = twice.map(([name]) => name)
    expect(Object.keys(sharedNames).filter((name) => !shared.includes(name))).toEqual([])
  })
})

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

  test('nothing of one city stands in code: another one is another site folder', () => {
    const texts = [
      'dashboard/index.html',
      'dashboard/public/icon.svg',
      ...readdirSync('dashboard/i18n').map((name) => `dashboard/i18n/${name}`),
    ]
    const words = ownWordsOfBinjai()
    const found = [...files, ...wiring, ...rootFiles, ...texts]
      .filter((file) => !citiesOwn.test(file))
      .flatMap((file) => {
        const code = readFileSync(file, 'utf8')
          .replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, '')
          .replaceAll(publicNames, '')
        return [...code.matchAll(words)].map(([word]) => `${file}: ${word}`)
      })
    expect(found.filter((one) => one !== `${passwordWords}: jakarta`)).toEqual([])
  })
})
