import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name))
}

const screens = ['views', 'frame', 'console'].flatMap((folder) => sources(`dashboard/${folder}`))
const pages = [...screens, ...sources('dashboard/ui'), 'dashboard/app.tsx']
const textOf = (file: string): string => readFileSync(file, 'utf8')

/** Where raw values live. What a screen shows comes sealed from `core/city.ts`, and is opened by `ui/value.tsx`. */
const raw = /from '[^']*\/core\/(create-core|connection\/(store|connection))\.ts'|\/domain\/view-facts\.ts'/
const opener = /\b(renderLive|sealLive|sealManual)\b/
const rawShapes = /\bDeviceView\b|\bSnapshot\b|\bDeviceChange\b/

test.each(screens)('%s cannot reach a raw value', (file) => {
  const text = textOf(file)
  expect(text).not.toMatch(raw)
  expect(text).not.toMatch(opener)
  expect(text).not.toMatch(rawShapes)
})

/** Words between tags or in attributes that people read. */
const literals = [
  />\s*[^<>{}=;()]*\p{L}{2,}[^<>{}=;()]*<\//gu,
  /\b(?:title|placeholder|alt|aria-label)="[^"]*\p{L}{2,}/gu,
]

test.each(pages.filter((file) => file.endsWith('.tsx')))('%s holds no words of its own', (file) => {
  const found = literals.flatMap((pattern) => textOf(file).match(pattern) ?? [])
  expect(found).toEqual([])
})

test('the first page loads neither chart, map library nor window components', () => {
  const heavy = pages.filter((file) => /dashboard\/(frame|views\/(?!device)|ui\/(?!dialog))/.test(file))
  for (const file of heavy) expect(textOf(file)).not.toMatch(/from '(uplot|maplibre-gl|react-aria-components)/)
})
