import type { Device } from '../../../contract/http/devices.ts'
import { answer } from './answers.ts'
import type { HttpClient } from './http-client.ts'

/** What the registry holds of a device. Its live values are left out: views get those sealed, from the city. */
export type ListedDevice = Pick<Device, (typeof fields)[number]>

const fields = [
  'id',
  'kind',
  'profile',
  'name',
  'lat',
  'lon',
  'areaCode',
  'simulated',
  'expectedS',
  'parentId',
  'opd',
  'disabled',
  'createdAt',
  'keyCreatedAt',
  'keyUsedAt',
  'oldKey',
  'revokedAt',
  'certificateUsedAt',
  'certificatesFrom',
] as const satisfies readonly (keyof Device)[]

export function registered(device: Device): ListedDevice {
  // Every field that the type names is in the list it is made from.
  return Object.fromEntries(fields.map((field) => [field, device[field]])) as ListedDevice
}

const pageSize = 1000

/** All registered devices, page by page. */
export async function loadRegistry(rest: HttpClient): Promise<ListedDevice[]> {
  const devices: ListedDevice[] = []
  let cursor: string | null = null
  do {
    const query = new URLSearchParams({ limit: String(pageSize) })
    if (cursor !== null) query.set('cursor', cursor)
    const page: { items: Device[]; nextCursor: string | null } = await rest.get(
      `/api/v1/devices?${query}`,
      answer('devices'),
    )
    devices.push(...page.items.map(registered))
    cursor = page.nextCursor
  } while (cursor !== null)
  return devices
}
