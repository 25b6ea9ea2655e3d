import type { Page } from 'playwright-core'

/** Someone at the keyboard, who has no mouse and must see at every step where the focus is. */
export interface Keyboard {
  /** One key; what then has the focus must be seen, or stands among the faults. */
  press(key: string): Promise<void>
  type(words: string): Promise<void>
  /** Tab after Tab until the focus is on what matches. */
  tabTo(selector: string): Promise<void>
  /** Where the focus could not be seen. */
  faults: readonly string[]
  /** What has the focus, as the page's own words; `body` for nothing. */
  focused(): Promise<string>
}

/** More steps than this to reach something are too many to be called reachable. */
const maxSteps = 60
const patienceMs = 2000

interface Focus {
  what: string
  /** '' when the focus can be seen. */
  fault: string
}

/** An outline of 3 px, and nothing over the middle of what has it (WCAG 2.2, 2.4.11). */
const look = `(() => {
  const element = document.activeElement
  if (element === null || element === document.body) return { what: 'body', fault: '' }
  const what = (element.tagName + '.' + element.className + ' "' + (element.textContent ?? '').slice(0, 160) + '"').trim()
  const { outlineStyle, outlineWidth } = getComputedStyle(element)
  if (outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 3) return { what, fault: 'no outline of 3 px: ' + outlineStyle + ' ' + outlineWidth }
  const { left, top, right, bottom } = element.getBoundingClientRect()
  const [x, y] = [(Math.max(0, left) + Math.min(innerWidth, right)) / 2, (Math.max(0, top) + Math.min(innerHeight, bottom)) / 2]
  const over = document.elementFromPoint(x, y)
  if (over === null || !element.contains(over)) return { what, fault: 'hidden under ' + (over === null ? 'the edge of the page' : over.tagName + '.' + over.className) }
  return { what, fault: '' }
})()`

export function keyboardOf(page: Page): Keyboard {
  const faults: string[] = []
  /** Scrolling to it and drawing take a frame or two, on a busy machine more. */
  async function see(after: string): Promise<string> {
    const until = Date.now() + patienceMs
    for (;;) {
      const { what, fault } = await page.evaluate<Focus>(look)
      if (fault === '') return what
      if (Date.now() > until) {
        faults.push(`${after} -> ${what}: ${fault}`)
        return what
      }
      await page.waitForTimeout(50)
    }
  }
  const matches = (selector: string) =>
    page.evaluate<boolean>(`document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`)

  return {
    faults,
    async press(key) {
      await page.keyboard.press(key)
      await see(key)
    },
    type: (words) => page.keyboard.type(words),
    async tabTo(selector) {
      await page.locator(selector).first().waitFor()
      const way: string[] = []
      for (let step = 0; step < maxSteps; step++) {
        if (await matches(selector)) return
        await page.keyboard.press('Tab')
        way.push(await see(`Tab towards ${selector}`))
      }
      throw new Error(`${selector} cannot be reached with ${maxSteps} presses of Tab:\n${way.join('\n')}`)
    },
    focused: () => page.evaluate<Focus>(look).then(({ what }) => what),
  }
}
