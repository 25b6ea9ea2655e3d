import { setImmediate as turn } from 'node:timers/promises'
import type { DeviceChanges } from './devices/devices.ts'
import type { Registry } from './registry.ts'

/** Devices that are applied before others have their turn: some ms. */
const appliedAtOnce = 250

export interface RegistryFollower {
  /** Resolves when all that was changed before this call has been applied. */
  catchUp(): Promise<void>
  stop(): void
}

/**
 * Hands on every change of devices, whichever process made it; the first time all devices. What changed at once and is
 * much comes in several calls, between which others have their turn.
 */
export async function followRegistry(
  { devices, watch }: Pick<Registry, 'devices' | 'watch'>,
  apply: (changes: DeviceChanges) => void,
): Promise<RegistryFollower> {
  let counter = 0
  let stopped = false
  let last = Promise.resolve()

  async function step(): Promise<void> {
    if (stopped) return
    const changes = await devices.changesSince(counter)
    for (const part of partsOf(changes)) {
      if (stopped) return
      apply(part)
      await turn()
    }
    counter = changes.counter
  }

  /** One after the other: two at once would apply the same changes out of order. */
  function catchUp(): Promise<void> {
    last = last.then(step, step)
    return last
  }

  await catchUp()
  const unwatch = watch(() => {
    catchUp().catch((error: unknown) => {
      if (!stopped) throw error
    })
  })
  return {
    catchUp,
    stop() {
      stopped = true
      unwatch()
    },
  }
}

/** In their order: a device that went stays gone. */
function* partsOf({ counter, changed, removed, maintenance }: DeviceChanges): Generator<DeviceChanges> {
  for (let at = 0; at < changed.length; at += appliedAtOnce) {
    yield { counter, changed: changed.slice(at, at + appliedAtOnce), removed: [], maintenance }
  }
  for (let at = 0; at < removed.length; at += appliedAtOnce) {
    yield { counter, changed: [], removed: removed.slice(at, at + appliedAtOnce), maintenance }
  }
}
