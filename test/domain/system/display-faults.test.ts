import { expect, test } from 'vitest'
import type { Display } from '../../../contract/http/displays.ts'
import { displayFaults } from '../../../domain/system/display-faults.ts'
import { isoAt, someMs } from '../../support/city/device-view.ts'

const display = (name: string, state: Display['state'], forMs: number, connections = 1): Display => ({
  name,
  state,
  stateSince: isoAt(someMs - forMs),
  connections,
  report: null,
  createdAt: isoAt(0),
  seenAt: null,
})

test('a display that stands still or has gone is a fault for a day, one that draws or is new is none', () => {
  const displays = [
    display('a', 'live', 0),
    display('b', 'frozen', 8000),
    display('c', 'gone', 86_400_000, 0),
    display('d', 'gone', 86_400_001, 0),
    display('e', 'unknown', 0, 0),
  ]
  expect(displayFaults(displays, someMs)).toEqual([
    { code: 'display.frozen', name: 'b', forMs: 8000 },
    { code: 'display.gone', name: 'c', forMs: 86_400_000 },
  ])
})

test('an identity that more than its display use is a fault, also while the display has gone', () => {
  const displays = [display('a', 'live', 0, 2), display('b', 'gone', 1000, 1)]
  expect(displayFaults(displays, someMs)).toEqual([
    { code: 'display.several', name: 'a', n: 2 },
    { code: 'display.several', name: 'b', n: 1 },
    { code: 'display.gone', name: 'b', forMs: 1000 },
  ])
})
