import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const css = readFileSync('dashboard/ui/tokens.css', 'utf8')

/** Colours of one palette by their names. */
function palette(theme: string): Map<string, string> {
  const block = css.split('}').find((part) => part.includes(`[data-theme="${theme}"]`)) ?? ''
  return new Map(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name = '', colour = '']) => [name, colour]),
  )
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

describe.each(['malam', 'siang'])('the palette %s', (theme) => {
  const colours = palette(theme)
  const of = (name: string) => colours.get(name) ?? '#000000'

  test.each([
    ['text', 'bg'],
    ['text', 'tile'],
    ['text', 'tile-2'],
    ['text-2', 'bg'],
    ['text-2', 'tile'],
    ['map-text', 'map-land'],
    ['text', 'map-land'],
    ['text-2', 'map-ground'],
    ['on-p', 'p1'],
    ['on-p', 'p2'],
  ])('text %s on %s is at least 7:1', (text, ground) => {
    expect(contrast(of(text), of(ground))).toBeGreaterThanOrEqual(7)
  })

  test.each([
    ['normal', 'map-land'],
    ['p3', 'map-land'],
    ['p3', 'tile'],
    ['focus', 'bg'],
    ['focus', 'tile'],
  ])('marks in %s on %s are at least 3:1', (mark, ground) => {
    expect(contrast(of(mark), of(ground))).toBeGreaterThanOrEqual(3)
  })

  test('keeps hue for what is not normal', () => {
    const saturation = (colour: string) => {
      const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
      return (Math.max(...parts) - Math.min(...parts)) / Math.max(1, ...parts)
    }
    const coloured = [...colours].filter(([name, colour]) => !/^(p\d|on-p)$/.test(name) && saturation(colour) > 0.35)
    expect(coloured).toEqual([])
  })
})
