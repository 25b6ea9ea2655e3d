import { Buffer } from 'node:buffer'
import type { DeviceView } from '../../contract/http/devices.ts'
import type { DeviceChange } from '../../contract/live.ts'
import type { CityChanges } from './pending-changes.ts'

/** Devices and changes as the JSON that clients get: each is encoded once, however many get it. */
export interface CityTexts {
  /** These are told now: whoever wants one of these devices whole gets it encoded anew. */
  told(changes: CityChanges): void
  /** A JSON list; `undefined`: that is too much for one turn of the event loop, and goes on with the next call. */
  listOf(views: Iterable<DeviceView>): Buffer[] | undefined
  ofChange(change: DeviceChange): string
}

/** Of 5,000 devices as devices are, a third. */
const encodedWithinMs = 8
const begin = Buffer.from('[')
const end = Buffer.from(']')

export function createCityTexts(): CityTexts {
  /** With the comma before it. */
  const whole = new Map<string, Buffer>()
  const ofChanges = new WeakMap<DeviceChange, string>()

  function encoded(view: DeviceView): Buffer {
    const text = Buffer.from(`,${JSON.stringify(view)}`)
    whole.set(view.id, text)
    return text
  }

  return {
    told({ changes, removed }) {
      for (const { id } of changes) whole.delete(id)
      for (const id of removed) whole.delete(id)
    },
    listOf(views) {
      const untilMs = performance.now() + encodedWithinMs
      const parts: Buffer[] = [begin]
      for (const view of views) {
        const known = whole.get(view.id)
        if (known === undefined && performance.now() >= untilMs) return undefined
        parts.push(known ?? encoded(view))
      }
      const [, first] = parts
      if (first !== undefined) parts[1] = first.subarray(1)
      parts.push(end)
      return parts
    },
    ofChange(change) {
      const known = ofChanges.get(change)
      if (known !== undefined) return known
      const text = JSON.stringify(change)
      ofChanges.set(change, text)
      return text
    },
  }
}
