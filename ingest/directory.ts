import type { DeviceDirectory, RegisteredDevice } from '../contract/ports/directory.ts'
import { kecamatanOf } from '../contract/site/schema.ts'

export interface KnownDevice extends RegisteredDevice {
  /** Kemendagri code of its kecamatan. */
  kecamatan: string | null
}

export interface KnownDevices {
  get(id: string): KnownDevice | undefined
  all(): Iterable<KnownDevice>
  /** Counts how often the devices were read. */
  revision(): number
  /**
   * Makes sure that a device which was heard at `heardAtMs` is known if it is registered: the broker asks the registry
   * itself, so a new device can be heard before its change has come round to here.
   */
  require(id: string, heardAtMs: number): Promise<void>
  close(): void
}

/** The registry's devices by id, followed as they change. */
export async function followDirectory(
  directory: DeviceDirectory,
  onError: (error: unknown) => void,
): Promise<KnownDevices> {
  let devices = new Map<string, KnownDevice>()
  let loadedAtMs = 0
  let loads = 0
  async function load(): Promise<void> {
    const startedMs = Date.now()
    const list = await directory.list()
    devices = new Map(
      list.map((device) => [device.id, { ...device, kecamatan: kecamatanOf(device.areaCode ?? '') ?? null }]),
    )
    loadedAtMs = startedMs
    loads += 1
  }
  await load()
  const stop = directory.watch(() => {
    load().catch(onError)
  })
  return {
    get: (id) => devices.get(id),
    all: () => devices.values(),
    revision: () => loads,
    async require(id, heardAtMs) {
      if (!devices.has(id) && heardAtMs >= loadedAtMs) await load()
    },
    close: stop,
  }
}
