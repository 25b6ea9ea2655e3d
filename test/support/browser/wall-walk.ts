import type { Page } from 'playwright-core'
import type { ViewId } from '../../../contract/http/pages.ts'

/** Slides follow one another, and a browser without a GPU takes its time. */
export const slideTimeout = 60_000
/** React lets go of a part of the slide before only when it has drawn again, twice: each second where there is time. */
export const letGoMs = 3000

/** Somebody opens what stands on the screen, looks at it until it is drawn, and closes it again. */
async function look(page: Page, opener: string, drawn: string): Promise<void> {
  // A pointer would wait for it to stand still, which what is renewed all the time never does.
  await page.locator(opener).first().dispatchEvent('click', {}, { timeout: slideTimeout })
  await page.locator(`.side-panel ${drawn}`).first().waitFor({ timeout: slideTimeout })
  await page.keyboard.press('Escape')
  await page.locator('.side-panel').waitFor({ state: 'detached', timeout: slideTimeout })
}

/** What can be opened on each screen: a list of devices, a device that moves, one with charts. */
export const lookAround: Record<ViewId, (page: Page) => Promise<void>> = {
  ikhtisar: (page) => look(page, '.tile-open', '.group-list li'),
  bus: (page) => look(page, '.bus-row button', '.trail canvas'),
  cctv: (page) => look(page, '.matrix-marks button', '.metric-list canvas'),
  banjir: (page) => page.locator('.level-chart canvas').first().waitFor({ timeout: slideTimeout }),
  sistem: (page) => page.locator('.readout').first().waitFor({ timeout: slideTimeout }),
}
