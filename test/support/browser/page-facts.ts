import type { Page } from 'playwright-core'
import type { PageMoment } from '../../../dashboard/core/kiosk/page-moments.ts'

/** Asks the page until it has an answer. Its policy forbids Playwright's own way of waiting, which needs `eval`. */
async function answered(page: Page, question: string): Promise<number> {
  for (;;) {
    const answer = await page.evaluate<number | null>(question)
    if (answer !== null) return answer
    await page.waitForTimeout(50)
  }
}

/** When a moment was noted by the page (dashboard/core/kiosk/page-moments.ts), ms since it was asked for; waits for it. */
export function momentMs(page: Page, name: PageMoment): Promise<number> {
  return answered(page, `performance.getEntriesByName('${name}').at(-1)?.startTime ?? null`)
}

/** When the last row of the map's list was painted, ms since the page was asked for; waits until all of them were. */
export function allPaintedMs(page: Page): Promise<number> {
  return answered(
    page,
    `(() => {
      const rows = [...document.querySelectorAll('.object-list li')]
      if (rows.length === 0 || rows.some((row) => row.dataset.paintedTs === undefined)) return null
      return Math.max(...rows.map((row) => Number(row.dataset.paintedTs))) - performance.timeOrigin
    })()`,
  )
}

/** What the map's list says: the state of each device. */
export async function listedStates(page: Page): Promise<Record<string, string>> {
  return Object.fromEntries(
    await page.evaluate<[string, string][]>(
      `[...document.querySelectorAll('.object-list li')].map((row) => [row.dataset.id, row.dataset.state])`,
    ),
  )
}
