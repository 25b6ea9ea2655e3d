import { resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { builtDashboard, openBrowser, openPage, type WatchedPage } from './browser.ts'
import { startWallBackend, type WallBackend, type WallBackendOptions } from './wall-backend.ts'

/** The city of the tests; `TEST_SITE` names another one's folder, for a run that shows what is about Binjai. */
export const siteDir = resolve(process.env.TEST_SITE ?? 'contract/site/binjai')

/** A city that is as unlike Binjai as it can be: UTC+9, south of the equator, without rivers and bus routes. */
export const secondSiteDir = resolve('test/fixtures/sites/teluk')

export interface WallPages {
  readonly browser: Browser
  /** A backend with the built pages and everybody signed in, until the end of the test. */
  backend(more?: Partial<WallBackendOptions>): Promise<WallBackend>
  /** A page of a context of its own, until the end of the test. */
  open(url: string, options?: Parameters<typeof openPage>[2]): Promise<WatchedPage>
}

/** One browser for all tests of a file; to be called where the tests are described. */
export function wallPages(): WallPages {
  let browser: Browser | undefined
  let distDir = ''
  const present = (): Browser => {
    if (browser === undefined) throw new Error('the browser is there once the tests run')
    return browser
  }
  beforeAll(async () => {
    distDir = builtDashboard()
    browser = await openBrowser()
  }, 120_000)
  afterAll(() => browser?.close())
  return {
    get browser() {
      return present()
    },
    async backend(more = {}) {
      const started = await startWallBackend({ siteDir, distDir, signedIn: true, ...more })
      onTestFinished(() => started.close())
      return started
    },
    async open(url, options) {
      const watched = await openPage(present(), url, options)
      onTestFinished(() => watched.page.context().close())
      return watched
    },
  }
}
