import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import type { Page } from 'playwright-core'
import type { TestDevice } from '../system/whole-system.ts'

/** One reading of a probe, from its publish to the frame that drew it. */
export interface PaintedReading {
  /** Publish to frame, ms; both on this machine's clock. */
  tookMs: number
  /** There was ink on the canvas where the page says that the mark stands. */
  inked: boolean
}

export interface PixelProbe {
  painted: PaintedReading[]
  /** Readings that were published, and were never drawn. */
  missed: number
}

/** Two places too far apart to be driven in the time between: a mark that jumps is drawn at its new place at once. */
const places = [
  { lat: 3.648, lon: 98.452 },
  { lat: 3.562, lon: 98.532 },
] as const
/** A page looks at the city twice a second; faster readings of one device would hide one another. */
const everyMs = 1400
const patienceMs = 5000

/** Writes down what the page says of the probes each time that a frame has drawn one. */
const watchRows = (ids: readonly string[]) => `(() => {
  const ids = new Set(${JSON.stringify(ids)})
  const seen = (globalThis.__painted = [])
  const pen = document.querySelector('.map-movers').getContext('2d')
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const { id, measuredTs, paintedTs } = target.dataset
      if (!ids.has(id)) continue
      const at = globalThis.__bcc.drawn(id)
      const inked = at !== undefined && pen.getImageData(Math.round(at.x), Math.round(at.y), 1, 1).data[3] === 255
      seen.push({ id, measuredMs: Number(measuredTs), paintedMs: Number(paintedTs), inked })
    }
  }).observe(document.querySelector('.object-list'), { subtree: true, attributeFilter: ['data-painted-ts'] })
})()`

interface Seen {
  id: string
  measuredMs: number
  paintedMs: number
  inked: boolean
}

/**
 * Publishes readings of the probes, one after the other, and times each to the frame that drew it. The page is a map
 * with `?e2e=1` on which the probes are known.
 */
export async function probePixels(parts: {
  page: Page
  mqttPort: number
  probes: readonly TestDevice[]
  readings: number
}): Promise<PixelProbe> {
  const { page, probes } = parts
  const clients = await Promise.all(
    probes.map(({ id, key }) =>
      mqtt.connectAsync(`mqtt://127.0.0.1:${parts.mqttPort}`, { username: id, password: key }),
    ),
  )
  await page.evaluate(watchRows(probes.map(({ id }) => id)))
  const sent: { id: string; atMs: number }[] = []
  for (let n = 0; n < parts.readings; n += 1) {
    const [probe, client] = [probes[n % probes.length], clients[n % probes.length]]
    const place = places[Math.floor(n / probes.length) % places.length]
    if (probe === undefined || client === undefined) throw new Error('no probe')
    const ts = Date.now()
    client.publish(probe.topic, JSON.stringify({ ts, ...place, speed_kmh: 20, heading_deg: 90 }), { qos: 1 })
    sent.push({ id: probe.id, atMs: ts })
    // Not in step with the page's own rhythm.
    await sleep((everyMs / probes.length) * (0.75 + 0.5 * Math.random()))
  }
  const found = await untilPainted(page, sent)
  await Promise.all(clients.map((client) => client.endAsync()))
  return { painted: found, missed: sent.length - found.length }
}

async function untilPainted(page: Page, sent: readonly { id: string; atMs: number }[]): Promise<PaintedReading[]> {
  const giveUpMs = performance.now() + patienceMs
  for (;;) {
    const seen = new Map(
      (await page.evaluate<Seen[]>('globalThis.__painted')).map((one) => [`${one.id} ${one.measuredMs}`, one]),
    )
    const painted = sent.flatMap(({ id, atMs }) => {
      const one = seen.get(`${id} ${atMs}`)
      return one === undefined ? [] : [{ tookMs: one.paintedMs - atMs, inked: one.inked }]
    })
    if (painted.length === sent.length || performance.now() > giveUpMs) return painted
    await sleep(100)
  }
}
