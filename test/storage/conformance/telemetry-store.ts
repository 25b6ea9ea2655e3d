import { describe, expect, onTestFinished, test } from 'vitest'
import { byHandTests } from './by-hand.ts'
import { lifeTests } from './life.ts'
import { rangeTests } from './ranges.ts'
import type { StoreGround } from './store-test.ts'
import { summaryTests } from './summaries.ts'
import { writingTests } from './writing.ts'

interface StoreUnderTest {
  name: string
  /** Prepares a new ground; called once a test. */
  prepare(): Promise<StoreGround>
  /** Tests (by their exact name) that do not apply to this engine, and why. */
  without?: readonly { test: string; reason: string }[]
}

const storeTests = { ...writingTests, ...rangeTests, ...summaryTests, ...lifeTests, ...byHandTests }

/**
 * What every store of readings must do, and the numbers it must answer with: the same for every engine. Each test
 * works on a ground of its own.
 */
export function describeTelemetryStore({ name, prepare, without = [] }: StoreUnderTest): void {
  describe(`telemetry store: ${name}`, () => {
    for (const [title, run] of Object.entries(storeTests)) {
      if (without.some((entry) => entry.test === title)) continue
      test(title, async () => {
        const ground = await prepare()
        onTestFinished(() => ground.remove())
        const store = await ground.open()
        onTestFinished(() => store.close())
        await run({ store, ground })
      })
    }

    test('what does not apply is named rightly', () => {
      expect(without.map((entry) => entry.test).filter((title) => !Object.hasOwn(storeTests, title))).toEqual([])
    })
  })
}
