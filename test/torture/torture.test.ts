import { describe, expect, test } from 'vitest'
import { isMet, runScenario } from './outcome.ts'
import { scenarios } from './scenarios.ts'

/** One seed for every run, so that a failure is the fault of a change. */
const seed = 1

/** A small share of `npm run torture`. Figures that depend on how fast the machine is are not judged here. */
describe('torture, a small share', () => {
  for (const scenario of scenarios.filter(({ quickScale }) => quickScale > 0)) {
    const skipped = scenario.missing?.()
    test.skipIf(skipped !== undefined)(
      `${scenario.name}: ${scenario.promise}`,
      async () => {
        const outcome = await runScenario(scenario, { seed, scale: scenario.quickScale, log: () => undefined })
        expect(outcome.fault).toBeUndefined()
        expect(outcome.figures.filter((figure) => figure.timed !== true && !isMet(figure))).toEqual([])
      },
      120_000,
    )
  }
})
