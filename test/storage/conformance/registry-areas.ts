import type { AuditAction } from '../../../contract/http/audit.ts'
import type * as areas from '../../../storage/registry/areas.ts'
import type { Registry } from '../../../storage/registry/registry.ts'

/** How the suite writes into an area and reads it; without the test runner, since other processes do it too. */
export interface AreaCase {
  /** One more row; the `n`th of this name, as that of `user:NAME`. */
  write(registry: Registry, name: string, n: number): Promise<unknown>
  /** One text for each row that was written. */
  read(registry: Registry): Promise<string[]>
  /** As the audit calls the writing. */
  action: AuditAction
  /** Whoever follows devices hears of it. */
  touchesDevices?: true
}

const device = 'river-of-the-suite'
const hourMs = 3_600_000
const row = (name: string, n: number) => `${name}-${n}`

/** What several areas stand on. */
export async function prepareRegistry(registry: Registry): Promise<void> {
  await registry.devices.create({ id: device, profile: 'river-gauge' })
}

/** Every area has one: what is not written and read here is not known of an engine. */
export const areaCases: Record<keyof typeof areas, AreaCase> = {
  auditArea: {
    write: (registry, name, n) =>
      registry.audit.append(`user:${name}`, { action: 'system.started', target: row(name, n) }),
    async read({ audit }) {
      const rows = await audit.list({ action: 'system.started', limit: 1000 })
      return rows.map(({ target }) => target ?? '')
    },
    action: 'system.started',
  },
  commandsArea: {
    write: (registry, name, n) =>
      registry.as(`user:${name}`).commands.create({
        ...{ deviceId: device, name: row(name, n), args: { n, é: '😀' }, expiresS: 300, dangerous: false },
      }),
    async read({ commands }) {
      const { commands: rows } = await commands.list({ limit: 1000 })
      return rows.map(({ name, args }) => (JSON.stringify(args).includes('"é":"😀"') ? name : `${name} of others`))
    },
    action: 'command.created',
  },
  devicesArea: {
    write: (registry, name, n) =>
      registry
        .as(`user:${name}`)
        .devices.create({ id: row(name, n), profile: 'river-gauge', lat: 3.6, lon: 98.4854321 }),
    async read({ devices }) {
      const rows = (await devices.list()).filter(({ id }) => id !== device)
      return rows.map(({ id, lat, lon }) => (lat === 3.6 && lon === 98.4854321 ? id : `${id} moved`))
    },
    action: 'device.created',
    touchesDevices: true,
  },
  displaysArea: {
    write: (registry, name, n) => registry.as(`user:${name}`).displays.create(row(name, n)),
    read: async ({ displays }) => (await displays.list()).map(({ name }) => name),
    action: 'display.paired',
  },
  maintenanceArea: {
    write: (registry, name, n) =>
      registry.as(`user:${name}`).maintenance.create({
        deviceIds: [device],
        until: new Date(Date.now() + hourMs).toISOString(),
        reason: row(name, n),
      }),
    async read({ maintenance }) {
      const rows = await maintenance.list()
      return rows.map(({ reason, deviceIds }) => (deviceIds.join() === device ? reason : `${reason} of nothing`))
    },
    action: 'maintenance.created',
    touchesDevices: true,
  },
  peopleArea: {
    write: (registry, name, n) =>
      registry
        .as(`user:${name}`)
        .people.create({ username: row(name, n), role: 'operator', password: `${name} correct horse` }),
    read: async ({ people }) => (await people.list()).map(({ username }) => username),
    action: 'user.created',
  },
  tokensArea: {
    write: (registry, name, n) => registry.as(`user:${name}`).tokens.create({ name: row(name, n), role: 'wall' }),
    read: async ({ tokens }) => (await tokens.list()).map(({ name }) => name),
    action: 'token.created',
  },
  wallsArea: {
    write: (registry, name, n) =>
      registry.as(`user:${name}`).walls.put(row(name, n), {
        ...{ name: row(name, n), bezelMm: 0, farthestViewerM: 5, theme: 'auto', lang: 'id', playlist: [], tiles: [] },
        ...{ cols: 1, rows: 1, panel: { w: 1920, h: 1080, diagonalIn: 55 } },
      }),
    read: async ({ walls }) => (await walls.list()).map(({ id }) => id),
    action: 'wall.changed',
  },
}
