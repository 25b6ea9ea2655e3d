import { useEffect, useRef } from 'react'
import { findMetric } from '../../../contract/metrics.ts'
import { type Band, type History, marksOf } from '../../core/connection/history.ts'
import { axisDecimals } from '../../core/kit/axis.ts'
import { createChart } from '../../map/chart.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** The last 24 hours of one metric. */
export function MetricChart({ metric, band, history }: { metric: string; band: Band; history: History }) {
  const host = useRef<HTMLDivElement>(null)
  const text = useText()
  const theme = useObservable(useCore().preferences.theme)
  const info = findMetric(metric)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the palette is read from the page when the theme changes.
  useEffect(() => {
    const element = host.current
    if (element === null) return
    const fontPx = Math.max(11, Number.parseFloat(getComputedStyle(element).fontSize))
    const chart = createChart({
      host: element,
      band,
      noData: text.t('value.none'),
      zone: text.cityTime.zone,
      timeLabel: (s) => text.minute(s * 1000),
      valueLabel: (value, stepSize) =>
        info?.type === 'boolean' ? text.measure(value, info) : text.number(value, axisDecimals(stepSize)),
      boolean: info?.type === 'boolean',
      marks: marksOf(history, metric, text.t('manual.mark')),
      fromMs: history.fromMs,
      toMs: history.toMs,
      look: {
        width: element.clientWidth,
        height: fontPx * 9,
        fontPx,
        ground: token('--tile'),
        text: token('--text'),
        faint: token('--text-2'),
        line: token('--text'),
        grid: token('--line'),
        band: token('--line-strong'),
        hatch: token('--line-strong'),
      },
    })
    const observer = new ResizeObserver(() => chart.resize(element.clientWidth))
    observer.observe(element)
    return () => {
      observer.disconnect()
      chart.close()
    }
  }, [band, history, text, theme, info])
  const highest = band.max.reduce<number>((top, value) => Math.max(top, value ?? top), Number.NEGATIVE_INFINITY)
  const label = info === undefined ? metric : text.label(info.label)
  const summary = Number.isFinite(highest)
    ? text.t('chart.summary', { label, max: text.measure(highest, info) })
    : label
  return (
    <div
      className="chart"
      ref={host}
      role="img"
      aria-label={summary}
      data-metric={metric}
      data-gaps={band.gaps.length}
      data-marks={marksOf(history, metric, text.t('manual.mark')).length}
      data-max={Number.isFinite(highest) ? highest : undefined}
      data-points={band.times.length}
    />
  )
}
