import { type Command, InvalidArgumentError } from 'commander'
import { devicePatchSchema, type NewDevice } from '../../contract/http.ts'
import type { DeviceRecord } from '../registry/devices.ts'
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
    .description('give a new key; the old one stops working')
    .action((id: string) => run(async (registry) => keyAnswer(await registry.devices.newKey(id))))

  device
    .command('revoke <id>')
    .description('take the key away; a live connection is cut off')
    .action((id: string) =>
      run(async (registry) => {
        const revoked = await registry.devices.revoke(id)
        return { json: { device: deviceJson(revoked) }, text: `The key of ${id} does not work any more.` }
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
  const text = `Device ${device.id} (${device.profile})\nUsername: ${device.id}\nPassword: ${key}\nThe password is shown this once.`
  return { json: { device: deviceJson(device), key }, text }
}

function cells(device: DeviceRecord): string[] {
  const key = device.revokedAtMs === null ? 'valid' : 'revoked'
  return [device.id, device.profile, device.name, device.areaCode ?? '-', device.disabled ? `${key}, disabled` : key]
}

/** An option that obeys the same rule as the field of the HTTP API. */
function field(name: keyof typeof devicePatchSchema.shape, read: (text: string) => unknown = (text) => text) {
  return (text: string) => {
    const checked = devicePatchSchema.shape[name].safeParse(text.trim() === '' ? undefined : read(text))
    if (checked.success && checked.data !== undefined) return checked.data
    throw new InvalidArgumentError(checked.error?.issues[0]?.message ?? 'it is empty')
  }
}
