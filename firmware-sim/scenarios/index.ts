import type { Scenario } from '../scenario.ts'
import { blankSpot } from './blank-spot.ts'
import { floodWave } from './flood-wave.ts'
import { frozenCamera } from './frozen-camera.ts'
import { garbage } from './garbage.ts'
import { powerCut } from './power-cut.ts'
import { reconnectStorm } from './reconnect-storm.ts'
import { skewedClock } from './skewed-clock.ts'
import { wear } from './wear.ts'

export const scenarios: readonly Scenario[] = [
  blankSpot,
  floodWave,
  frozenCamera,
  garbage,
  powerCut,
  reconnectStorm,
  skewedClock,
  wear,
]

export function findScenario(id: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.id === id)
}
