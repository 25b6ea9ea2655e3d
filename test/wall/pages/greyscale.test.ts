import { describe, expect, onTestFinished, test } from 'vitest'
import { type DeviceState, deviceStates } from '../../../contract/state.ts'
import { browserMissing } from '../../support/browser/browser.ts'
import { differing, greyOf, marksScript, paperOf } from '../../support/browser/drawn-marks.ts'
import { wallPages } from '../../support/browser/wall-pages.ts'

const missing = browserMissing()

const markers = ['arrow', 'square', 'drop', 'disc', 'diamond', 'bar', 'triangle', 'hexagon'] as const

/** Of the square around a mark's body, the least share in which it differs from that of any other state. */
const minShare = 0.25
/** The same of a sign's whole picture, which has a margin around the body. */
const minShareOfSign = 0.2

/** Pairs of states whose pictures differ in less than `least` pixels. */
function alike(states: readonly DeviceState[], pictures: readonly number[][], least: number): string[] {
  return states.flatMap((one, i) =>
    states.slice(i + 1).flatMap((other, j) => {
      const pixels = differing(pictures[i] ?? [], pictures[i + 1 + j] ?? [])
      return pixels < least ? [`${one} and ${other}: ${pixels} px of ${least.toFixed(0)}`] : []
    }),
  )
}

// At the scale of a desk, where marks are smallest, and of a wall that is read from 5 m.
const cases = ['malam', 'siang'].flatMap((theme) => [13, 53].map((u) => ({ theme, u })))

describe.skipIf(missing !== undefined)(`without colour ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()
  let script: Promise<string> | undefined

  async function sheet(theme: string, u: number) {
    script ??= marksScript()
    const context = await wall.browser.newContext({ viewport: { width: 1920, height: 1080 } })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    await paperOf(page, { theme, u })
    await page.evaluate(await script)
    return page
  }

  test.each(cases)('every state of a mark on the map is told by its form ($theme, u = $u)', async ({ theme, u }) => {
    const page = await sheet(theme, u)
    const radius: number = await page.evaluate(`(() => {
      const palette = marks.readPalette(document.documentElement)
      const radius = 0.85 * marks.markRadius(${u})
      const size = Math.ceil(5 * radius)
      for (const marker of ${JSON.stringify(markers)}) for (const state of ${JSON.stringify(deviceStates)}) {
        const canvas = Object.assign(document.createElement('canvas'), { className: marker, width: size, height: size })
        const pen = canvas.getContext('2d')
        pen.fillStyle = palette.land
        pen.fillRect(0, 0, size, size)
        const headingDeg = state === 'online' || state === 'late' ? 30 : undefined
        marks.drawMark(pen, { x: size / 2, y: size / 2, radius, marker, state, headingDeg }, palette)
        document.body.append(canvas)
      }
      return radius
    })()`)
    for (const marker of markers) {
      const pictures = await greyOf(page, `.${marker}`)
      expect(alike(deviceStates, pictures, minShare * (2 * radius) ** 2), marker).toEqual([])
    }
  })

  // A strip says of a bus that is gone nothing at all: nobody knows where it is.
  test.each(cases)(
    'every state of a sign in words, lists and strips is told by its form ($theme, u = $u)',
    async (one) => {
      const page = await sheet(one.theme, one.u)
      const onStrips: DeviceState[] = ['online', 'late', 'stale', 'frozen']
      await page.evaluate(`(() => {
      const put = (name, component, props) => {
        const box = Object.assign(document.createElement('span'), { className: name })
        box.style = 'display: inline-grid; place-items: center; width: ${2 * one.u}px; height: ${2 * one.u}px'
        box.innerHTML = marks.renderToStaticMarkup(marks.createElement(component, props))
        document.body.append(box)
      }
      document.body.style.fontSize = 'calc(var(--u) / 0.727)'
      for (const state of ${JSON.stringify(deviceStates)}) put('sign', marks.StateMark, { state })
      for (const state of ${JSON.stringify(onStrips)}) put('strip', marks.StripMark, { state, direction: null })
    })()`)
      const [sign, strip] = await page.evaluate<number[]>(
        `['.state-mark', '.strip-mark'].map((name) => document.querySelector(name).getBoundingClientRect().width ** 2)`,
      )
      expect(alike(deviceStates, await greyOf(page, '.sign'), minShareOfSign * (sign ?? 0))).toEqual([])
      expect(alike(onStrips, await greyOf(page, '.strip'), minShareOfSign * (strip ?? 0))).toEqual([])
    },
  )

  test.each(cases)(
    'every state has a pattern of its own in the bar of very many devices ($theme, u = $u)',
    async (one) => {
      const page = await sheet(one.theme, one.u)
      const inBars = deviceStates.filter((state) => state !== 'disabled')
      await page.evaluate(`document.body.innerHTML = ${JSON.stringify(inBars)}.map((state) =>
      '<div class="unit-bar" style="width: 200px; height: ' + ${0.25 * one.u} + 'px; margin: 4px"><i data-state="' + state + '" style="flex-grow: 1"></i></div>').join('')`)
      const pictures = await greyOf(page, '.unit-bar')
      expect(alike(inBars, pictures, minShare * (pictures[0]?.length ?? 0))).toEqual([])
    },
  )
})
