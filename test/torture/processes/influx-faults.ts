import type { RunningInfluxd } from '../../support/influx/influxd.ts'
import { fillFolder } from '../disk/disk-full.ts'

/** InfluxDB as a scenario breaks it. */
export interface BrokenInflux {
  influxd: RunningInfluxd
  /** Folder of its data, a small file system of its own; `undefined`: it has none, and cannot be filled. */
  folder: string | undefined
  /** As the administrator, while it answers. */
  admin(statement: string): Promise<unknown>
  /** When its database was dropped last, ms; 0: never. */
  droppedAtMs: number
}

export interface InfluxFault {
  name: string
  /** Needs a server that answers, to begin and to end. */
  asksServer: boolean
  begin(influx: BrokenInflux): Promise<void>
  /** Absent: there is nothing to mend. */
  end?(influx: BrokenInflux): Promise<void>
  /** Whether it can be done here. */
  canBe?(influx: BrokenInflux): boolean
}

export const cityUser = { name: 'kota', password: 'kata-sandi' } as const

export async function makeDatabase({ admin }: Pick<BrokenInflux, 'admin'>): Promise<void> {
  await admin('CREATE DATABASE binjai')
  await admin(`GRANT ALL ON binjai TO ${cityUser.name}`)
}

async function drop(influx: BrokenInflux): Promise<void> {
  await influx.admin('DROP DATABASE binjai')
  influx.droppedAtMs = Date.now()
}

const giveAll = async ({ admin }: BrokenInflux) => void (await admin(`GRANT ALL ON binjai TO ${cityUser.name}`))
const takeAll = async ({ admin }: BrokenInflux) => void (await admin(`REVOKE ALL ON binjai FROM ${cityUser.name}`))

let free: () => void = () => undefined

/** What becomes of an InfluxDB in a city office. */
export const influxFaults: readonly InfluxFault[] = [
  {
    name: 'killed',
    asksServer: false,
    begin: ({ influxd }) => influxd.kill(),
    end: ({ influxd }) => influxd.start(),
  },
  {
    name: 'paused',
    asksServer: false,
    begin: async ({ influxd }) => influxd.pause(),
    end: async ({ influxd }) => influxd.resume(),
  },
  { name: 'dropped', asksServer: true, begin: drop, end: makeDatabase },
  {
    name: 'dropped and made again',
    asksServer: true,
    async begin(influx) {
      await drop(influx)
      await makeDatabase(influx)
    },
  },
  {
    name: 'read-only',
    asksServer: true,
    async begin(influx) {
      await takeAll(influx)
      await influx.admin(`GRANT READ ON binjai TO ${cityUser.name}`)
    },
    end: giveAll,
  },
  { name: 'without rights', asksServer: true, begin: takeAll, end: giveAll },
  {
    name: 'another password',
    asksServer: true,
    begin: async ({ admin }) => void (await admin(`SET PASSWORD FOR ${cityUser.name} = 'other'`)),
    end: async ({ admin }) => void (await admin(`SET PASSWORD FOR ${cityUser.name} = '${cityUser.password}'`)),
  },
  {
    name: 'full',
    asksServer: false,
    canBe: ({ folder }) => folder !== undefined,
    async begin({ folder = '' }) {
      free = fillFolder(folder)
    },
    async end() {
      free()
    },
  },
]
