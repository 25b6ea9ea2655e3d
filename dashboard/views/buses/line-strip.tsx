import { type CSSProperties, useRef } from 'react'
import { isLive } from '../../../domain/device-state.ts'
import { coverage } from '../../core/city/summary.ts'
import type { LineStrip, StripBus } from '../../core/movement/bus-lines.ts'
import { type StackedLabel, stackLabels } from '../../core/movement/stack-labels.ts'
import type { Translator } from '../../core/text/translate.ts'
import { figures, NotLive } from '../../frame/coverage.tsx'
import { useCity, useText } from '../../ui/core-context.tsx'
import { useFocus } from '../../ui/focus-link.ts'
import { useWidth } from '../../ui/hooks/use-width.ts'
import { StripMark } from './strip-mark.tsx'

/** Lines of labels on each side of a strip. */
const labelLines = 2
/** More marks than this on one line tell nothing; their number does. */
const maxOnStrip = 60
/** Of the digits and letters of a label, in its own font size. */
const letterEm = 0.62

/** The stops at which a route ends. */
type Ends = Record<'forth' | 'back', string | undefined>

/** A bus is as wide as its last word: the number that people call it by. */
const callName = (name: string): string => name.split(' ').at(-1) ?? name

/** What may be written at a bus: its number with its age, or its number alone. */
function labelsOf({ device }: StripBus, text: Translator): string[] {
  const name = callName(device.name)
  return device.ageMs === null || device.state === 'online' ? [name] : [`${name} ${text.age(device.ageMs)}`, name]
}

function BusOnStrip({ bus, label, ends }: { bus: StripBus; label: StackedLabel; ends: Ends }) {
  const text = useText()
  const focus = useFocus()
  const { device, direction, share } = bus
  const stop = direction === null ? undefined : ends[direction]
  const way = stop === undefined ? text.t('fleet.noDirection') : text.t('fleet.towards', { stop })
  return (
    <li
      className="strip-bus"
      data-id={device.id}
      data-state={device.state}
      data-live={isLive(device.state)}
      data-direction={direction ?? undefined}
      style={{ left: `${share * 100}%`, '--line': label === undefined ? 0 : label.line } as CSSProperties}
    >
      <button
        type="button"
        aria-label={`${device.name}, ${text.t(`state.${device.state}`)}, ${way}`}
        onClick={() => focus.show({ device: device.id })}
      >
        <StripMark state={device.state} direction={direction} />
        {label !== undefined && <span className="strip-label">{labelsOf(bus, text)[label.words]}</span>}
      </button>
    </li>
  )
}

/** Buses that are drawn on a strip; of one that has gone nobody knows where it is. */
const drawn = ({ device }: StripBus): boolean =>
  isLive(device.state) || device.state === 'stale' || device.state === 'frozen'

/** One route as a straight line, stops as ticks: bunches and gaps are seen at once. */
export function Strip({ strip }: { strip: LineStrip }) {
  const text = useText()
  const host = useRef<HTMLDivElement>(null)
  const width = useWidth(host)
  const present = strip.buses.filter(drawn)
  const shown = present.length > maxOnStrip ? [] : present
  const [first, last] = [strip.stops[0], strip.stops.at(-1)]
  const ends: Ends = { forth: last?.name, back: first?.name }
  const fontPx = host.current === null ? 0 : Number.parseFloat(getComputedStyle(host.current).fontSize)
  const widthPx = (words: string) => (words.length + 1) * letterEm * fontPx
  const side = (forth: boolean) => shown.filter(({ direction }) => (direction !== 'back') === forth)
  const labels = (buses: StripBus[]) =>
    stackLabels(
      buses.map((bus) => ({ atPx: bus.share * width, widthsPx: labelsOf(bus, text).map(widthPx) })),
      labelLines,
    )
  const [forth, back] = [side(true), side(false)]
  const [forthLabels, backLabels] = [labels(forth), labels(back)]
  const [name, way] = strip.name.split(':')
  const cover = coverage(
    useCity(),
    strip.buses.map(({ device }) => device),
  )
  return (
    <li className="strip" data-route={strip.id} {...figures(cover)}>
      <p className="strip-head">
        <span className="strip-name">{name}</span>
        {way !== undefined && <span className="strip-way">{way.trim()}</span>}
        <span className="strip-count">
          {text.t(cover.live === 1 ? 'fleet.bus' : 'fleet.buses', { n: text.count(cover.live) })}
          {cover.rest.length > 0 && ' · '}
          <NotLive rest={cover.rest} />
        </span>
      </p>
      <div className="strip-line" ref={host}>
        {strip.stops.map(({ name, share }) => (
          <i key={`${name} ${share}`} className="strip-stop" title={name} style={{ left: `${share * 100}%` }} />
        ))}
        {shown.length < present.length && (
          <p className="strip-many">{text.t('fleet.many', { n: text.number(present.length) })}</p>
        )}
        <ul>
          {forth.map((bus, i) => (
            <BusOnStrip key={bus.device.id} bus={bus} label={forthLabels[i]} ends={ends} />
          ))}
          {back.map((bus, i) => (
            <BusOnStrip key={bus.device.id} bus={bus} label={backLabels[i]} ends={ends} />
          ))}
        </ul>
      </div>
      <p className="strip-ends">
        <span>{first?.name.replace(/^Halte /, '')}</span>
        <span>{last?.name.replace(/^Halte /, '')}</span>
      </p>
    </li>
  )
}
