import uPlot from 'uplot'
import type { Band } from '../core/history.ts'
import { wibZone } from '../core/wib.ts'

export interface ChartLook {
  width: number
  height: number
  fontPx: number
  /** What it is drawn on. */
  ground: string
  text: string
  faint: string
  line: string
  grid: string
  band: string
  hatch: string
}

/** A level that a value should be seen against. */
export interface ChartLimit {
  value: number
  name: string
}

export interface Chart {
  resize(width: number, height?: number): void
  close(): void
}

/** Hatches the times without data and says so, where there is room for words. */
function drawGaps(plot: uPlot, band: Band, look: ChartLook, noData: string): void {
  const { ctx } = plot
  const { left, top, width, height } = plot.bbox
  ctx.save()
  for (const { fromMs, toMs } of band.gaps) {
    const x1 = Math.max(left, plot.valToPos(fromMs / 1000, 'x', true))
    const x2 = Math.min(left + width, plot.valToPos(toMs / 1000, 'x', true))
    if (x2 - x1 < 2) continue
    ctx.save()
    ctx.beginPath()
    ctx.rect(x1, top, x2 - x1, height)
    ctx.clip()
    ctx.strokeStyle = look.hatch
    ctx.lineWidth = 2
    ctx.beginPath()
    for (let x = x1 - height; x < x2; x += 10) {
      ctx.moveTo(x, top + height)
      ctx.lineTo(x + height, top)
    }
    ctx.stroke()
    ctx.restore()
    ctx.font = `${look.fontPx * devicePixelRatio}px "Noto Sans", sans-serif`
    if (ctx.measureText(noData).width + 8 > x2 - x1) continue
    ctx.fillStyle = look.faint
    ctx.textAlign = 'center'
    ctx.textBaseline = 'middle'
    ctx.fillText(noData, (x1 + x2) / 2, top + height / 2)
  }
  ctx.restore()
}

/** Levels that mean something, from the lowest up, dashed, each with its name at the right end. */
function drawLimits(plot: uPlot, limits: readonly ChartLimit[], look: ChartLook): void {
  const { ctx } = plot
  const { left, top, width, height } = plot.bbox
  ctx.save()
  ctx.font = `${look.fontPx * devicePixelRatio}px "Noto Sans", sans-serif`
  ctx.textAlign = 'right'
  ctx.textBaseline = 'bottom'
  ctx.lineWidth = Math.max(1, look.fontPx / 12) * devicePixelRatio
  const lineHeight = look.fontPx * 1.15 * devicePixelRatio
  let free = top + height
  for (const { value, name } of limits) {
    const y = plot.valToPos(value, 'y', true)
    if (y < top || y > top + height) continue
    ctx.strokeStyle = look.faint
    ctx.setLineDash([look.fontPx * 0.5, look.fontPx * 0.3])
    ctx.beginPath()
    ctx.moveTo(left, y)
    ctx.lineTo(left + width, y)
    ctx.stroke()
    // Names that would cover the one before are left out; the lines stay.
    if (y > free || y - lineHeight < top) continue
    ctx.setLineDash([])
    ctx.save()
    ctx.lineWidth = look.fontPx * 0.25 * devicePixelRatio
    ctx.lineJoin = 'round'
    ctx.strokeStyle = look.ground
    ctx.strokeText(name, left + width, y)
    ctx.restore()
    ctx.fillStyle = look.faint
    ctx.fillText(name, left + width, y)
    free = y - lineHeight
  }
  ctx.restore()
}

/** Room for the longest figure at the axis. */
function labelWidth(labels: readonly string[] | null, fontPx: number): number {
  const longest = Math.max(3, ...(labels ?? []).map((label) => label.length))
  return fontPx * (0.62 * longest + 0.9)
}

/** The range of what was measured, wide enough for the levels that must be in sight. */
function rangeHolding([low, high]: readonly [number, number]) {
  return (_plot: uPlot, min: number | null, max: number | null): [number, number] => [
    Math.min(low, min ?? low),
    Math.max(high, (max ?? high) * 1.05),
  ]
}

/**
 * A chart of one metric: the mean as a line in the band of its lowest and highest values, so that a spike of one
 * reading stays in sight. Lines end at gaps.
 */
export function createChart(options: {
  host: HTMLElement
  band: Band
  look: ChartLook
  noData: string
  /** s since 1970 → what stands at the axis. */
  timeLabel: (s: number) => string
  valueLabel: (value: number) => string
  fromMs: number
  toMs: number
  /** Only yes and no. */
  boolean: boolean
  /** Where charts of the same time stand one beneath another, only the lowest has a time axis. */
  timeAxis?: boolean
  limits?: readonly ChartLimit[]
  /** Lowest and highest value that the chart must hold, whatever was measured. */
  holds?: readonly [low: number, high: number]
}): Chart {
  const { band, look } = options
  const font = `${look.fontPx}px "Noto Sans", sans-serif`
  const axis = { stroke: look.faint, font, grid: { stroke: look.grid, width: 1 }, ticks: { show: false } }
  const plot = new uPlot(
    {
      width: look.width,
      height: look.height,
      legend: { show: false },
      cursor: { show: false },
      padding: [look.fontPx * 0.6, look.fontPx * 1.6, 0, 0],
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), wibZone),
      scales: {
        x: { time: true, range: [options.fromMs / 1000, options.toMs / 1000] },
        ...(options.boolean ? { y: { range: [-0.1, 1.1] as [number, number] } } : {}),
        ...(options.holds === undefined ? {} : { y: { range: rangeHolding(options.holds) } }),
      },
      axes: [
        {
          ...axis,
          size: options.timeAxis === false ? look.fontPx * 0.6 : look.fontPx * 1.7,
          space: look.fontPx * 5,
          values: (_plot, splits) => splits.map(options.timeAxis === false ? () => '' : options.timeLabel),
        },
        {
          ...axis,
          size: (_plot, labels) => labelWidth(labels, look.fontPx),
          space: look.fontPx * 2,
          values: (_plot, splits) => splits.map(options.valueLabel),
          ...(options.boolean ? { splits: [0, 1] } : {}),
        },
      ],
      series: [
        {},
        { stroke: look.band, width: 1, points: { show: false } },
        { stroke: look.band, width: 1, points: { show: false } },
        { stroke: look.line, width: Math.max(1.5, look.fontPx / 13), points: { show: false } },
      ],
      bands: [{ series: [1, 2], fill: look.band }],
      hooks: {
        drawAxes: [
          (self) => drawGaps(self, band, look, options.noData),
          (self) => drawLimits(self, options.limits ?? [], look),
        ],
      },
    },
    [band.times, band.max, band.min, band.mean],
    options.host,
  )
  return {
    resize: (width, height = look.height) => plot.setSize({ width, height }),
    close: () => plot.destroy(),
  }
}
