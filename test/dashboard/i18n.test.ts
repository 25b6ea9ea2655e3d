import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { auditActions } from '../../contract/http/audit-actions.ts'
import { rejectReasons } from '../../contract/reading.ts'
import { deviceStates } from '../../contract/state.ts'

type Texts = Record<string, string>

// Both files are flat objects of texts; the tests below would fail on anything else.
const read = (language: string) => JSON.parse(readFileSync(`dashboard/i18n/${language}.json`, 'utf8')) as Texts
const [consoleId, consoleEn] = [read('id-console'), read('en-console')]
const [failuresId, failuresEn] = [read('id-failures'), read('en-failures')]
const [flowId, flowEn] = [read('id-flow'), read('en-flow')]
const [manualId, manualEn] = [read('id-manual'), read('en-manual')]
const id = { ...read('id'), ...consoleId, ...failuresId, ...flowId, ...manualId }
const en = { ...read('en'), ...consoleEn, ...failuresEn, ...flowEn, ...manualEn }
const slots = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort((a, b) => a.localeCompare(b))

test('both languages have the same keys', () => {
  expect(Object.keys(en)).toEqual(Object.keys(id))
})

test('no text is empty, and both say the same things with their parameters', () => {
  for (const [key, text] of Object.entries(id)) {
    expect(text, key).not.toBe('')
    expect(slots(en[key] ?? ''), key).toEqual(slots(text))
  }
})

test('every state and every reason of refusal has a name', () => {
  for (const state of deviceStates) expect(id).toHaveProperty([`state.${state}`])
  for (const reason of rejectReasons) expect(id).toHaveProperty([`reject.${reason}`])
})

test('every action of the audit has a name', () => {
  for (const action of auditActions) expect(id).toHaveProperty([`audit.action.${action}`])
})

const sources = readdirSync('dashboard', { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.startsWith('dist'))
  .map((name) => ({ name, code: readFileSync(join('dashboard', name), 'utf8') }))

test('the words that come with the console are used by nothing else, and stand in one file only', () => {
  const outside = sources.filter(({ name }) => !name.startsWith('console/')).map(({ code }) => code)
  const stems = new Set(Object.keys(consoleId).map((key) => `${key.split('.')[0]}.`))
  const usesConsoleWords = (code: string) => [...stems].some((stem) => new RegExp(`\\bt\\(['\`]${stem}`).test(code))
  expect(outside.filter(usesConsoleWords)).toEqual([])
  expect(Object.keys(read('id')).filter((key) => key in consoleId)).toEqual([])
  expect(Object.keys(consoleEn)).toEqual(Object.keys(consoleId))
})

test('the words of failures come with the two files that say them, and no other', () => {
  const used = sources.filter(({ code }) => /['"`]error\./.test(code)).map(({ name }) => name)
  expect(used.sort()).toEqual([join('ui', 'failure', 'failure-text.ts'), join('ui', 'failure', 'failure.tsx')])
  expect(Object.keys(read('id')).filter((key) => key in failuresId)).toEqual([])
  expect(Object.keys(failuresEn)).toEqual(Object.keys(failuresId))
})

test('the words of the flow are used by the view of health and the console only, and stand in one file', () => {
  const outside = sources.filter(({ name }) => !/^(console|views\/health)\//.test(name))
  const uses = (code: string) => /['"`](reject|note|refused|health)\./.test(code)
  expect(outside.filter(({ code }) => uses(code)).map(({ name }) => name)).toEqual([])
  expect(Object.keys(read('id')).filter((key) => key in flowId)).toEqual([])
  expect(Object.keys(flowEn)).toEqual(Object.keys(flowId))
})

test('no text is left over', () => {
  const code = sources.map((source) => source.code).join('\n')
  /** Keys made of a stem and a variable: `state.${state}`, or a stem that is passed on. */
  const written = [...code.matchAll(/`([\w.]+\.)\$\{[^}]+\}(\.\w+)?`/g)].map(([, stem = '', end = '']) => ({
    stem,
    end,
  }))
  const passed = [...code.matchAll(/"([a-z]+\.)"/g)].map(([, stem = '']) => ({ stem, end: '' }))
  const stems = [...written, ...passed]
  const isUsed = (key: string) =>
    code.includes(`'${key}'`) ||
    code.includes(`"${key}"`) ||
    stems.some(({ stem, end }) => key.startsWith(stem) && key.endsWith(end))
  expect(Object.keys(id).filter((key) => !isUsed(key))).toEqual([])
})
