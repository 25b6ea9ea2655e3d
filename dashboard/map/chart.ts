import uPlot from 'uplot'
import type { Band } from '../core/connection/history.ts'
import { spreadNames } from './limit-names.ts'

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

/** A level that a value should be seen against; from the lowest up. */
export interface ChartLimit {
  value: number
  name: string
}

export interface Chart {
  resize(width: number, height?: number): void
  close(): void
}

/** A value that a person read by eye: drawn as a mark of its own, never joined to what was measured. */
export interface ChartMark {
  atMs: number
  value: number
  /** Whose, or what it is where nobody may be named. */
  name: string
}

/** From the end of a level to its name, in the font's size. */
const leaderEm = 0.9
/** Of a letter or digit on average, in the font's size. */
const nameEm = 0.5

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

/** Dashed levels that mean something; beside the chart their names, each joined to its level. */
function drawLimits(plot: uPlot, limits: readonly ChartLimit[], look: ChartLook): void {
  const { ctx } = plot
  const { left, top, width, height } = plot.bbox
  const fontPx = look.fontPx * devicePixelRatio
  const ys = limits.map(({ value }) => plot.valToPos(value, 'y', true))
  const right = left + width
  ctx.save()
  ctx.font = `${fontPx}px "Noto Sans", sans-serif`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.lineWidth = Math.max(1, fontPx / 12)
  ctx.strokeStyle = look.faint
  ctx.fillStyle = look.faint
  ctx.setLineDash([fontPx * 0.5, fontPx * 0.3])
  for (const y of ys) if (y >= top) line(ctx, [left, y], [right, y])
  ctx.setLineDash([])
  // The room above the chart belongs to its names too.
  const room = { top: 0, bottom: top + height + fontPx * 0.5, lineHeight: fontPx * 1.15 }
  for (const { index, y } of spreadNames(ys, room)) {
    const level = ys[index] ?? y
    if (level >= top) line(ctx, [right, level], [right + fontPx * leaderEm, y])
    // A level above the picture is named at its height's end.
    const name = `${level < top ? '\u2191 ' : ''}${limits[index]?.name ?? ''}`
    ctx.fillText(name, right + fontPx * (leaderEm + 0.25), y)
  }
  ctx.restore()
}

/** Hollow diamonds, in which no line ends; beside them whose they are, where no other mark stands. */
function drawMarks(plot: uPlot, marks: readonly ChartMark[], look: ChartLook): void {
  const { ctx } = plot
  const fontPx = look.fontPx * devicePixelRatio
  const r = fontPx * 0.5
  let freeFrom = Number.NEGATIVE_INFINITY
  ctx.save()
  ctx.font = `${fontPx}px "Noto Sans", sans-serif`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.lineWidth = Math.max(2, fontPx / 8)
  ctx.strokeStyle = look.text
  for (const { atMs, value, name } of marks) {
    const [x, y] = [plot.valToPos(atMs / 1000, 'x', true), plot.valToPos(value, 'y', true)]
    ctx.beginPath()
    ctx.moveTo(x, y - r)
    ctx.lineTo(x + r, y)
    ctx.lineTo(x, y + r)
    ctx.lineTo(x - r, y)
    ctx.closePath()
    ctx.fillStyle = look.ground
    ctx.fill()
    ctx.stroke()
    const { width } = ctx.measureText(name)
    const left = x + r * 1.4 + width > plot.bbox.left + plot.bbox.width ? x - r * 1.4 - width : x + r * 1.4
    if (left < freeFrom) continue
    ctx.fillStyle = look.text
    ctx.fillText(name, left, y)
    freeFrom = left + width
  }
  ctx.restore()
}

type Point = readonly [x: number, y: number]

function line(ctx: CanvasRenderingContext2D, [x1, y1]: Point, [x2, y2]: Point): void {
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x2, y2)
  ctx.stroke()
}

/** Room to the right for the names of levels, or for the last time of the axis. */
function rightRoom(limits: readonly ChartLimit[], fontPx: number): number {
  if (limits.length === 0) return fontPx * 1.6
  const longest = Math.max(...limits.map(({ name }) => name.length))
  return fontPx * (leaderEm + 0.5 + nameEm * (longest + 1.5))
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

function withMarks([low, high]: readonly [number, number], marks: readonly ChartMark[]): readonly [number, number] {
  const values = marks.map(({ value }) => value)
  return [Math.min(low, ...values), Math.max(high, ...values.map((value) => value * 1.05))]
}

/** The range of what was measured and of the marks, with a margin of a tenth. */
function rangeWith(marks: readonly ChartMark[]) {
  const values = marks.map(({ value }) => value)
  return (_plot: uPlot, min: number | null, max: number | null): [number, number] => {
    const [low, high] = [Math.min(min ?? Infinity, ...values), Math.max(max ?? -Infinity, ...values)]
    const margin = (high - low) / 10 || Math.abs(high) / 10 || 1
    return [low - margin, high + margin]
  }
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
  /** IANA name of the zone whose hours the axis marks. */
  zone: string
  /** s since 1970 → what stands at the axis. */
  timeLabel: (s: number) => string
  /** `stepSize`: between two marks of the axis; what it needs to tell them apart must be in the words. */
  valueLabel: (value: number, stepSize: number) => string
  fromMs: number
  toMs: number
  /** Only yes and no. */
  boolean: boolean
  /** Where charts of the same time stand one beneath another, only the lowest has a time axis. */
  timeAxis?: boolean
  limits?: readonly ChartLimit[]
  /** Lowest and highest value that the chart must hold, whatever was measured. */
  holds?: readonly [low: number, high: number]
  /** In order of time. */
  marks?: readonly ChartMark[]
}): Chart {
  const { band, look, marks = [] } = options
  // uPlot scales whole numbers only: of 48.7px on a screen with two pixels for one it would make 48.14px.
  const font = `${Math.round(look.fontPx)}px "Noto Sans", sans-serif`
  const axis = { stroke: look.faint, font, grid: { stroke: look.grid, width: 1 }, ticks: { show: false } }
  const plot = new uPlot(
    {
      width: look.width,
      height: look.height,
      legend: { show: false },
      cursor: { show: false },
      padding: [look.fontPx * 0.6, rightRoom(options.limits ?? [], look.fontPx), 0, 0],
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), options.zone),
      scales: {
        x: { time: true, range: [options.fromMs / 1000, options.toMs / 1000] },
        ...(options.boolean ? { y: { range: [-0.1, 1.1] as [number, number] } } : {}),
        ...(options.holds === undefined ? {} : { y: { range: rangeHolding(withMarks(options.holds, marks)) } }),
        ...(options.holds === undefined && !options.boolean && marks.length > 0
          ? { y: { range: rangeWith(marks) } }
          : {}),
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
          space: look.fontPx * 1.5,
          values: (_plot, splits) => {
            const stepSize = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0))
            return splits.map((value) => options.valueLabel(value, stepSize))
          },
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
        draw: [(self) => drawMarks(self, marks, look)],
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
