import { describe, expect, onTestFinished, test } from 'vitest'
import { browserMissing } from '../support/browser/browser.ts'
import { wallPages } from '../support/browser/wall-pages.ts'

const missing = browserMissing()

/** Notes the size of what is written on canvases: numbers of an axis, and names of a level. */
const recorder = `
  globalThis.__written = { axis: new Set(), name: new Set() }
  const { fillText } = CanvasRenderingContext2D.prototype
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    const kind = /^-?\\d+[.,]\\d+$/.test(text) ? 'axis' : text.includes('Siaga') ? 'name' : undefined
    if (kind !== undefined) __written[kind].add(Number.parseFloat(/([0-9.]+)px/.exec(this.font)[1]))
    return fillText.call(this, text, ...rest)
  }`

describe.skipIf(missing !== undefined)(`pages that are shown larger or smaller ${missing ?? ''}`, () => {
  const wall = wallPages()

  test.each([0.5, 1, 1.25, 2])(
    'with %d pixels for one the numbers of a chart are as large as its names',
    async (scale) => {
      const { url } = await wall.backend()
      const viewport = { width: 3840, height: 2160 }
      const context = await wall.browser.newContext({ viewport, deviceScaleFactor: scale })
      onTestFinished(() => context.close())
      const page = await context.newPage()
      await page.addInitScript(recorder)
      await page.goto(`${url}/wall/banjir`)
      const sizes = (kind: string) => page.evaluate<number[]>(`[...__written.${kind}].map((px) => px / ${scale})`)
      await expect.poll(async () => (await sizes('axis')).length > 0 && (await sizes('name')).length > 0).toBe(true)
      const [name = 0] = await sizes('name')
      // A canvas has whole pixels for its letters.
      for (const px of await sizes('axis')) expect(Math.abs(px - name)).toBeLessThanOrEqual(0.5 + 0.5 / scale)
    },
  )
})
