import { setTimeout as sleep } from 'node:timers/promises'
import { type Role, registerBuses, startWholeSystem, type WholeSystem } from '../../support/system/whole-system.ts'
import { startPublishers } from '../publishers.ts'
import { rounds, type Scenario, type TortureFigure } from '../scenario.ts'
import { earlierTodayMs, imbalanceOf, lostOf, readStored, settled } from '../stored.ts'

const roles: readonly Role[] = ['broker', 'ingest', 'api']

/** Milliseconds until another process of the role runs and all is well. */
async function hang(system: WholeSystem, role: Role): Promise<number> {
  const victim = system.pid(role)
  if (victim === undefined) throw new Error(`the ${role} does not run`)
  const hungMs = performance.now()
  process.kill(victim, 'SIGSTOP')
  for (;;) {
    await sleep(20)
    if (performance.now() - hungMs > 60_000) throw new Error(`the ${role} still hangs`)
    if (![undefined, victim].includes(system.pid(role)) && (await system.isReady())) return performance.now() - hungMs
  }
}

export const hangRoles: Scenario = {
  name: 'hang-roles',
  promise: 'A part that hangs is noticed and started again within 15 s, and nothing acknowledged is lost.',
  how: 'SIGSTOP to each role under load: its process and its sockets stay, it does nothing. The supervisor misses its beats, ends it and starts another.',
  minutes: 1,
  quickScale: 0,
  async run({ dir, scale, log }) {
    const devices = await registerBuses(dir, ['bus-0', 'bus-1'])
    const system = await startWholeSystem({ dir, settings: { BCC_LOG_LEVEL: 'warn' } })
    try {
      const load = startPublishers({ port: system.mqtt, devices, window: 20, ratePerS: 200, firstMs: earlierTodayMs() })
      const figures: TortureFigure[] = []
      for (const role of roles.slice(0, rounds(roles.length, scale))) {
        log(`the ${role} hangs`)
        await sleep(500)
        const reached = await hang(system, role)
        const what = `the ${role} hangs, to all is well again`
        figures.push({ what, reached, unit: 'ms', asked: 15_000, better: 'less', timed: true })
      }
      await load.stop()
      const counters = await settled(dir)
      const none = { unit: '', asked: 0, better: 'less' } as const
      const lost = lostOf(load.acknowledged(), readStored(dir))
      return [
        ...figures,
        { what: 'messages acknowledged', reached: load.acknowledgedCount(), unit: '', better: 'more' },
        { what: 'acknowledged and lost', reached: lost, ...none },
        { what: 'readings that the counters miss', reached: imbalanceOf(counters), ...none },
      ]
    } finally {
      await system.stop()
    }
  },
}
