import type { DeviceDirectory, RegisteredDevice } from '../contract/ports.ts'
import { kecamatanOf } from '../contract/site.ts'

export interface KnownDevice extends RegisteredDevice {
  /** Kemendagri code of its kecamatan. */
  kecamatan: string | null
}

export interface Devices {
  get(id: string): KnownDevice | undefined
  close(): void
}

/** The registry's devices by id, followed as they change. */
export async function followDirectory(directory: DeviceDirectory, onError: (error: unknown) => void): Promise<Devices> {
  let devices = new Map<string, KnownDevice>()
  async function load(): Promise<void> {
    const list = await directory.list()
    devices = new Map(
      list.map((device) => [device.id, { ...device, kecamatan: kecamatanOf(device.areaCode ?? '') ?? null }]),
    )
  }
  await load()
  const stop = directory.watch(() => {
    load().catch(onError)
  })
  return { get: (id) => devices.get(id), close: stop }
}
