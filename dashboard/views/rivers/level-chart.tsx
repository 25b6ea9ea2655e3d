import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'react'
import { findMetric } from '../../../contract/metrics.ts'
import { levelMetric, type RiverPost } from '../../../domain/rivers/siaga.ts'
import { type History, marksOf } from '../../core/connection/history.ts'
import { axisDecimals } from '../../core/kit/axis.ts'
import { type Chart, createChart } from '../../map/chart.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** The last 24 hours of a post against its own marks. */
export function LevelChart({ post, history, timeAxis }: { post: RiverPost; history: History; timeAxis: boolean }) {
  const host = useRef<HTMLDivElement>(null)
  const text = useText()
  const theme = useObservable(useCore().preferences.theme)
  const band = history.bands.get(levelMetric)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the palette is read from the page when the theme changes.
  useEffect(() => {
    const element = host.current
    if (element === null || band === undefined) return
    const fontPx = Math.max(11, Number.parseFloat(getComputedStyle(element).fontSize))
    let chart: Chart | undefined
    const draw = () => {
      const { clientWidth: width, clientHeight: height } = element
      if (width === 0 || height === 0) return
      if (chart !== undefined) return chart.resize(width, height)
      chart = createChart({
        host: element,
        band,
        noData: text.t('value.none'),
        zone: text.cityTime.zone,
        timeLabel: (s) => text.minute(s * 1000),
        valueLabel: (value, stepSize) => text.number(value, Math.max(1, axisDecimals(stepSize))),
        boolean: false,
        timeAxis,
        marks: marksOf(history, levelMetric, text.t('manual.mark')),
        fromMs: history.fromMs,
        toMs: history.toMs,
        limits: ([3, 2, 1] as const).map((siaga) => ({
          value: post.siagaM[siaga],
          name: text.t('river.mark', { n: siaga, level: text.measure(post.siagaM[siaga], findMetric(levelMetric)) }),
        })),
        holds: [0, post.siagaM[3] * 1.2],
        look: {
          width,
          height,
          fontPx,
          ground: token('--bg'),
          text: token('--text'),
          faint: token('--text-2'),
          line: token('--text'),
          grid: token('--line'),
          band: token('--line-strong'),
          hatch: token('--line-strong'),
        },
      })
    }
    const observer = new ResizeObserver(draw)
    observer.observe(element)
    draw()
    return () => {
      observer.disconnect()
      chart?.close()
    }
  }, [band, history, post, text, theme, timeAxis])
  if (band === undefined) return <p className="calm level-chart">{text.t('value.none')}</p>
  const highest = band.max.reduce<number>((top, value) => Math.max(top, value ?? top), Number.NEGATIVE_INFINITY)
  const max = Number.isFinite(highest) ? text.measure(highest, findMetric(levelMetric)) : '—'
  return (
    <div
      className="chart level-chart"
      ref={host}
      role="img"
      aria-label={text.t('chart.summary', { label: post.name, max })}
      data-metric={levelMetric}
      data-gaps={band.gaps.length}
      data-marks={marksOf(history, levelMetric, text.t('manual.mark')).length}
      data-max={Number.isFinite(highest) ? highest : undefined}
    />
  )
}
