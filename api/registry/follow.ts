import type { DeviceChanges } from './devices.ts'
import type { Registry } from './registry.ts'

export interface RegistryFollower {
  /** Resolves when all that was changed before this call has been applied. */
  catchUp(): Promise<void>
  stop(): void
}

/** Hands on every change of devices, whichever process made it; the first call gives all devices. */
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
    counter = changes.counter
    apply(changes)
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
