import type { SimulatorStats } from './simulator.ts'

/** One line a second: how many are connected, how many readings went and were acknowledged, what is under way. */
export function progressLine(stats: SimulatorStats, before: SimulatorStats, elapsedS: number): string {
  const perS = (now: number, then: number) => Math.round((now - then) / elapsedS)
  return [
    `connected ${stats.connected}/${stats.devices}`,
    `sent ${perS(stats.published + stats.resent, before.published + before.resent)}/s`,
    `acked ${perS(stats.acknowledged, before.acknowledged)}/s`,
    `in flight ${stats.inFlight}`,
    ...(stats.failed > before.failed ? [`failed connections ${stats.failed - before.failed}`] : []),
    ...(stats.dropped > before.dropped ? [`dropped ${stats.dropped - before.dropped}`] : []),
  ].join('  ')
}

/** What a run did, in figures that balance: measured = acknowledged + in flight + dropped. */
export function summaryLine(stats: SimulatorStats, elapsedS: number): string {
  const { devices, measured, acknowledged, inFlight, dropped, resent, failed } = stats
  return (
    `${devices} devices, ${elapsedS.toFixed(1)} s: ${measured} readings measured, ${acknowledged} acknowledged ` +
    `(${Math.round(acknowledged / elapsedS)}/s), ${inFlight} not acknowledged, ${dropped} dropped, ` +
    `${resent} sent again, ${failed} failed connections`
  )
}
