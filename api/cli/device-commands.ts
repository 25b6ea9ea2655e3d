import { type Command, InvalidArgumentError } from 'commander'
import { devicePatchSchema, type NewDevice } from '../../contract/http/devices.ts'
import type { DeviceRecord } from '../../storage/registry/devices/device-record.ts'
import type { CommandRunner } from './bcc.ts'
import { deviceJson, table } from './output.ts'

type AddOptions = Omit<NewDevice, 'id' | 'parentId' | 'areaCode'> & { parent?: string; area?: string }

/** `bcc device …` */
export function addDeviceCommands(program: Command, run: CommandRunner): void {
  const device = program.command('device').description('devices and their keys')

  device
    .command('add <id>')
    .description('register a device; its key is shown this once')
    .requiredOption('--profile <profile>', 'what exactly it is, for example river-gauge')
    .option('--name <name>', 'name for people', field('name'))
    .option('--lat <degrees>', 'latitude, WGS 84', field('lat', Number))
    .option('--lon <degrees>', 'longitude, WGS 84', field('lon', Number))
    .option('--parent <id>', 'the device that it depends on', field('parentId'))
    .option('--area <code>', 'Kemendagri code; from the position when absent', field('areaCode'))
    .option('--opd <office>', 'the office that owns it', field('opd'))
    .option('--expected-s <seconds>', 'reporting interval, if not its profile’s', field('expectedS', Number))
    .action((id: string, { parent, area, ...rest }: AddOptions) =>
      run(async (registry) => {
        const links = {
          ...(parent !== undefined && { parentId: parent }),
          ...(area !== undefined && { areaCode: area }),
        }
        return keyAnswer(await registry.devices.create({ id, ...rest, ...links }))
      }),
    )

  device
    .command('key <id>')
    .description('give a new key; the old one works on for the overlap (BCC_KEY_OVERLAP_DAYS)')
    .option('--now', 'end the old key at once')
    .action((id: string, { now = false }: { now?: boolean }) =>
      run(async (registry) => keyAnswer(await registry.devices.newKey(id, { atOnce: now }))),
    )

  device
    .command('revoke <id>')
    .description('take keys and certificates away; a live connection is cut off')
    .action((id: string) =>
      run(async (registry) => {
        const revoked = await registry.devices.revoke(id)
        return { json: { device: deviceJson(revoked) }, text: `No key and no certificate of ${id} works any more.` }
      }),
    )

  device
    .command('show <id>')
    .description('one device, its keys and certificates')
    .action((id: string) =>
      run(async (registry) => {
        const found = await registry.devices.get(id)
        return { json: { device: deviceJson(found) }, text: describe(found) }
      }),
    )

  device
    .command('list')
    .description('all registered devices')
    .action(() =>
      run(async (registry) => {
        const devices = await registry.devices.list()
        const heading = ['ID', 'PROFILE', 'NAME', 'AREA', 'KEY']
        return { json: { items: devices.map(deviceJson) }, text: table(heading, devices.map(cells)) }
      }),
    )
}

function keyAnswer({ device, key }: { device: DeviceRecord; key: string }) {
  const lines = [
    `Device ${device.id} (${device.profile})`,
    `Username: ${device.id}`,
    `Password: ${key}`,
    'The password is shown this once.',
    ...(device.oldKey === null ? [] : [`The key before works until ${minute(device.oldKey.untilMs)}.`]),
  ]
  return { json: { device: deviceJson(device), key }, text: lines.join('\n') }
}

function cells(device: DeviceRecord): string[] {
  const words = [keyWord(device), ...(device.disabled ? ['disabled'] : [])]
  return [device.id, device.profile, device.name, device.areaCode ?? '-', words.join(', ')]
}

function keyWord({ revokedAtMs, oldKey }: DeviceRecord): string {
  if (revokedAtMs !== null) return 'revoked'
  return oldKey === null ? 'valid' : `valid, the one before until ${minute(oldKey.untilMs)}`
}

function describe(device: DeviceRecord): string {
  const used = (ms: number | null) => (ms === null ? 'not used yet' : `last used ${minute(ms)}`)
  const { oldKey, revokedAtMs, keyCreatedAtMs, certificatesFromMs, certificateUsedAtMs } = device
  const lines = [
    `${device.id} (${device.profile}), ${device.name}`,
    revokedAtMs === null
      ? `key          made ${keyCreatedAtMs === null ? '-' : minute(keyCreatedAtMs)}, ${used(device.keyUsedAtMs)}`
      : `key          revoked ${minute(revokedAtMs)}`,
    ...(oldKey === null ? [] : [`key before   works until ${minute(oldKey.untilMs)}, ${used(oldKey.usedAtMs)}`]),
    `certificate  ${used(certificateUsedAtMs)}`,
    ...(certificatesFromMs === null ? [] : [`             issued before ${minute(certificatesFromMs)}: refused`]),
  ]
  return lines.join('\n')
}

/** `2026-11-24 08:15 UTC` */
function minute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** An option that obeys the same rule as the field of the HTTP API. */
function field(name: keyof typeof devicePatchSchema.shape, read: (text: string) => unknown = (text) => text) {
  return (text: string) => {
    const checked = devicePatchSchema.shape[name].safeParse(text.trim() === '' ? undefined : read(text))
    if (checked.success && checked.data !== undefined) return checked.data
    throw new InvalidArgumentError(checked.error?.issues[0]?.message ?? 'it is empty')
  }
}
