import { mkdirSync } from 'node:fs'
import type { Page } from 'playwright-core'

/** Pictures of screens, for people to look at; git ignores the folder, CI keeps it. */
const folder = 'artifacts/shots'

export interface Shot {
  screen: string
  /** `1920x1080`, or the name of a described wall. */
  size: string
  theme: 'malam' | 'siang'
  language: string
}

/** Takes a picture of what a page shows. Returns its path. */
export async function takeShot(page: Page, { screen, size, theme, language }: Shot): Promise<string> {
  mkdirSync(folder, { recursive: true })
  // On a busy machine the page may lose the server for a moment, and says so.
  await page.locator('.band').first().waitFor({ state: 'detached' })
  const path = `${folder}/${screen}-${size}-${theme}-${language}.png`
  await page.screenshot({ path })
  return path
}
