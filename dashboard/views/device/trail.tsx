import { useEffect, useRef, useState } from 'react'
import { hourMs, minuteMs } from '../../../contract/time.ts'
import { distanceM } from '../../../domain/geo/geo.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import { gapAfterMs, loadWay, type PastWay } from '../../core/connection/history.ts'
import { drawLiteBasemap } from '../../map/basemap-lite.ts'
import { type Bounds, fitProjection, type Projection } from '../../map/projection.ts'
import { readPalette } from '../../map/read-palette.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'

const minSpanDeg = 0.01

function boundsOf(positions: PastWay): Bounds {
  const lats = positions.map(({ lat }) => lat)
  const lons = positions.map(({ lon }) => lon)
  const grow = (low: number, high: number) => Math.max(0, minSpanDeg - (high - low)) / 2
  const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)]
  const [x, y] = [grow(west, east), grow(south, north)]
  return [west - x, south - y, east + x, north + y]
}

function drawWay(pen: CanvasRenderingContext2D, positions: PastWay, projection: Projection, gapMs: number): void {
  for (let i = 1; i < positions.length; i++) {
    const [from, to] = [positions[i - 1], positions[i]]
    if (from === undefined || to === undefined) continue
    pen.setLineDash(to.atMs - from.atMs > gapMs ? [2, 6] : [])
    pen.beginPath()
    pen.moveTo(projection.x(from.lon), projection.y(from.lat))
    pen.lineTo(projection.x(to.lon), projection.y(to.lat))
    pen.stroke()
  }
}

const spanMs = 2 * hourMs
const renewMs = minuteMs

function useWay(deviceId: string, metric: string): PastWay {
  const core = useCore()
  const [way, setWay] = useState<PastWay>([])
  useEffect(() => {
    let gone = false
    const load = async () => {
      const found = await loadWay(core.rest, { deviceId, metric, nowMs: core.clock.nowMs(), spanMs }).catch(
        () => undefined,
      )
      if (!gone && found !== undefined) setWay(found)
    }
    void load()
    const timer = setInterval(() => void load(), renewMs)
    return () => {
      gone = true
      clearInterval(timer)
    }
  }, [core, deviceId, metric])
  return way
}

/** Where it went in the last two hours; dotted where nothing was heard on the way. */
export function Trail({ device }: { device: SeenDevice }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const core = useCore()
  const text = useText()
  const site = useObservable(core.site)
  const theme = useObservable(core.preferences.theme)
  const positions = useWay(device.id, device.look.metrics[0] ?? 'speed_kmh')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the palette is read from the page when the theme changes.
  useEffect(() => {
    const element = canvas.current
    const pen = element?.getContext('2d', { willReadFrequently: true })
    if (element === null || !pen || positions.length === 0) return
    const ratio = devicePixelRatio
    const size = { width: element.clientWidth, height: element.clientHeight }
    element.width = size.width * ratio
    element.height = size.height * ratio
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    const palette = readPalette(document.documentElement)
    const fontPx = Number.parseFloat(getComputedStyle(element).fontSize)
    const projection = fitProjection(boundsOf(positions), size, { width: fontPx, height: fontPx })
    drawLiteBasemap(pen, { site, palette, projection, u: fontPx * 1.6 })
    pen.strokeStyle = palette.text
    pen.lineWidth = Math.max(2, fontPx / 6)
    drawWay(pen, positions, projection, gapAfterMs(device.expectedMs, 0))
    const last = positions.at(-1)
    if (last === undefined) return
    pen.setLineDash([])
    pen.fillStyle = palette.text
    pen.beginPath()
    pen.arc(projection.x(last.lon), projection.y(last.lat), fontPx / 2.4, 0, 2 * Math.PI)
    pen.fill()
  }, [positions, site, theme])
  if (positions.length === 0) return null
  const metres = positions.slice(1).reduce((sum, to, i) => sum + distanceM(positions[i] ?? to, to), 0)
  return (
    <figure className="trail">
      <figcaption>
        {text.t('device.trail', { n: text.number(positions.length), km: text.number(metres / 1000, 1) })}
      </figcaption>
      <canvas
        ref={canvas}
        role="img"
        aria-label={text.t('device.trail', { n: positions.length, km: text.number(metres / 1000, 1) })}
      />
    </figure>
  )
}
