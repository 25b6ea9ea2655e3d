import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { build } from 'vite'

const entry = join(process.cwd(), 'marks-of-a-test.js')
const source = [
  ...['map/marks.ts', 'map/palette.ts', 'map/read-palette.ts', 'map/scene.ts', 'ui/state-mark.tsx'],
  'views/buses/strip-mark.tsx',
].map((path) => `export * from '${join(process.cwd(), 'dashboard', path)}'`)

/** What draws the marks of all states, as one script that puts it on `globalThis.marks`; with React, which draws some. */
export async function marksScript(): Promise<string> {
  const react = ["export { createElement } from 'react'", "export { renderToStaticMarkup } from 'react-dom/server'"]
  const together = {
    ...{ name: 'marks', enforce: 'pre' as const },
    resolveId: (id: string) => (id === entry ? id : undefined),
    load: (id: string) => (id === entry ? [...source, ...react].join('\n') : undefined),
  }
  const built = await build({
    ...{ configFile: false, logLevel: 'silent', plugins: [together] },
    // Under vitest's own NODE_ENV the bundle would ask for React's development build.
    oxc: { jsx: { runtime: 'automatic', development: false } },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { write: false, lib: { entry, name: 'marks', formats: ['iife'] } },
  })
  const [bundle] = Array.isArray(built) ? built : [built]
  const chunk = bundle !== undefined && 'output' in bundle ? bundle.output[0] : undefined
  if (chunk === undefined) throw new Error('the marks could not be bundled')
  return `${chunk.code}; globalThis.marks = marks`
}

const styles = ['ui/tokens', 'ui/base', 'views/overview/tiles', 'views/buses/fleet'].map(
  (name) => `dashboard/${name}.css`,
)

/** An empty page in the dashboard's own colours and at its scale: `u` is the cap height of primary text, px. */
export async function paperOf(page: Page, options: { theme: string; u: number }): Promise<void> {
  const css = styles.map((path) => readFileSync(path, 'utf8')).join('\n')
  await page.setContent(
    `<!doctype html><html data-theme="${options.theme}" style="--u: ${options.u}px"><style>${css}</style><body></body></html>`,
  )
}

/**
 * Rectangles of the page as they are seen without colour: luminance (Rec. 709) of every pixel, 0 to 255, in the order of the
 * elements that match.
 */
export async function greyOf(page: Page, selector: string): Promise<number[][]> {
  const shot = (await page.screenshot()).toString('base64')
  return page.evaluate(`(async () => {
    const image = new Image()
    image.src = 'data:image/png;base64,${shot}'
    await image.decode()
    const canvas = new OffscreenCanvas(image.width, image.height)
    const pen = canvas.getContext('2d')
    pen.drawImage(image, 0, 0)
    return [...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => {
      const { left, top, width, height } = element.getBoundingClientRect()
      const { data } = pen.getImageData(Math.round(left), Math.round(top), Math.round(width), Math.round(height))
      return Array.from({ length: data.length / 4 }, (_, i) => 0.2126 * data[4 * i] + 0.7152 * data[4 * i + 1] + 0.0722 * data[4 * i + 2])
    })
  })()`)
}

/** Below this step of 255 two greys are taken for one. */
const minStep = 51

/** Pixels in which two pictures of the same size differ once their colours are gone. */
export function differing(one: readonly number[], other: readonly number[]): number {
  return one.filter((grey, i) => Math.abs(grey - (other[i] ?? Number.NaN)) > minStep).length
}
