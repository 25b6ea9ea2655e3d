import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command, CommandList } from '../../../contract/http/commands.ts'
import { type Role, registerBuses, startWholeSystem, type WholeSystem } from '../../support/system/whole-system.ts'
import { rounds, type Scenario, type TortureFigure, type Trial } from '../scenario.ts'
import { createObedientDevice, type ObedientDevice } from './obedient-device.ts'

const fullRounds = 100
const roles: readonly Role[] = ['broker', 'ingest', 'api']
/** From the broker's look at the clock to the device's, on a machine that has much else to do. */
const onTheWayMs = 500

/** Commands under kills of every role, to a device that comes and goes. */
export const killCommands: Scenario = {
  name: 'kill-commands',
  promise:
    'No command is lost or sent behind its end, and every answer that was acknowledged closes its command, whatever is killed.',
  how: '`kill -9` of broker, ingest or api at moments by chance, while commands with ends of 5 s to 10 minutes are given to a device whose connection breaks, with a session that is kept or not, and which answers what it was told.',
  minutes: 8,
  quickScale: 0.04,
  async run(trial) {
    const { dir, scale, random } = trial
    const [bus] = await registerBuses(dir, ['bus-0'])
    if (bus === undefined) throw new Error('no device')
    const system = await startWholeSystem({ dir })
    const device = createObedientDevice(system.mqtt, bus, random)
    try {
      const api = await signIn(system)
      device.come(true)
      const given = await giveCommands({ trial, system, device, api, times: rounds(fullRounds, scale) })
      device.come(true)
      const all = await untilClosed(api, trial)
      return figuresOf(all, given, device)
    } finally {
      await device.end()
      await system.stop()
    }
  },
}

type Api = (path: string, body?: unknown) => Promise<unknown>

/** Calls until somebody answers: the api may be down. `undefined`: it refused, as where too many are open. */
async function signIn({ http, dir }: WholeSystem): Promise<Api> {
  const base = `http://127.0.0.1:${http}/api/v1`
  const password = readFileSync(join(dir, 'admin-password'), 'utf8').trim()
  const type = { 'content-type': 'application/json' }
  const session = await fetch(`${base}/session`, {
    ...{ method: 'POST', headers: type },
    body: JSON.stringify({ username: 'admin', password }),
  })
  const cookie = session.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return async (path, body) => {
    const method = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    for (;;) {
      try {
        const response = await fetch(`${base}${path}`, { ...method, headers: { ...type, cookie } })
        return response.ok ? await response.json() : undefined
      } catch {
        await sleep(50)
      }
    }
  }
}

interface Giving {
  trial: Trial
  system: WholeSystem
  device: ObedientDevice
  api: Api
  times: number
}

interface Given {
  ids: string[]
  kills: number
}

async function giveCommands(giving: Giving): Promise<Given> {
  const { trial, device, times } = giving
  const given: Given = { ids: [], kills: 0 }
  for (let round = 0; round < times; round += 1) {
    trial.log(`${round} of ${times}; ${given.ids.length} given, ${device.heard.length} heard`)
    for (let n = 0; n < 2; n += 1) await giveOne(giving, given)
    await breakThings(giving, given)
  }
  return given
}

async function giveOne({ trial: { random }, api }: Giving, given: Given): Promise<void> {
  const expiresS = random() < 0.5 ? 5 + Math.floor(random() * 5) : 600
  const made = (await api('/devices/bus-0/commands', { name: 'any', expiresS })) as Command | undefined
  if (made !== undefined) given.ids.push(made.id)
  await sleep(random() * 100)
}

async function breakThings({ trial: { random }, system, device }: Giving, given: Given): Promise<void> {
  if (random() < 0.5) device.go()
  await sleep(random() * 400)
  if (kill(system, roles[Math.floor(random() * roles.length)])) given.kills += 1
  // Now and then for so long that the short ones are over.
  await sleep(random() * (random() < 0.15 ? 10_000 : 1200))
  device.come(random() < 0.5)
  await sleep(random() * 1500)
}

function kill(system: WholeSystem, role: Role | undefined): boolean {
  const pid = role === undefined ? undefined : system.pid(role)
  // It is on its way back from the last time.
  if (pid === undefined) return false
  process.kill(pid, 'SIGKILL')
  return true
}

/** All there are, once none is open; those of ten minutes were sent long before. */
async function untilClosed(api: Api, { log }: Trial): Promise<Map<string, Command>> {
  const giveUpMs = performance.now() + 60_000
  for (;;) {
    const { items } = (await api('/commands?state=open')) as CommandList
    if (items.length === 0 || performance.now() > giveUpMs) break
    log(`${items.length} are open`)
    await sleep(500)
  }
  const all = new Map<string, Command>()
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = cursor === '' ? '' : `&cursor=${cursor}`
    const page = (await api(`/devices/bus-0/commands?limit=200${query}`)) as CommandList
    for (const command of page.items) all.set(command.id, command)
    cursor = page.nextCursor
  }
  return all
}

function figuresOf(all: Map<string, Command>, { ids, kills }: Given, device: ObedientDevice): TortureFigure[] {
  const { heard, answered } = device
  const commands = [...all.values()]
  const ended = (id: string, ok: boolean) => all.get(id)?.state === (ok ? 'done' : 'failed')
  const told = new Set(heard.map(({ id }) => id))
  const isWrong = ({ id, state }: Command) => (/done|failed/.test(state) && !told.has(id)) || /waiting|sent/.test(state)
  return [
    { what: 'kills of a role', reached: kills, unit: '', better: 'more' },
    { what: 'commands given', reached: ids.length, unit: '', better: 'more' },
    { what: 'done or failed, as the device said', reached: answered.size, unit: '', better: 'more' },
    {
      what: 'over before',
      reached: commands.filter(({ state }) => state === 'expired').length,
      unit: '',
      better: 'less',
    },
    none('given and lost', ids.filter((id) => !all.has(id)).length),
    none('heard behind their end', heard.filter(({ atMs, expiresMs }) => atMs > expiresMs + onTheWayMs).length),
    none('answers acknowledged and not taken', [...answered].filter(([id, ok]) => !ended(id, ok)).length),
    none('heard and never given', [...told].filter((id) => !all.has(id)).length),
    none('said to be done unheard, or open for ever', commands.filter(isWrong).length),
    { what: 'heard again, with the same id', reached: heard.length - told.size, unit: '', better: 'less' },
  ]
}

function none(what: string, reached: number): TortureFigure {
  return { what, reached, unit: '', asked: 0, better: 'less' }
}
