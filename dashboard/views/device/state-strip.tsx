import { useEffect, useState } from 'react'
import type { StatePeriod } from '../../../contract/ports/states.ts'
import { dayMs } from '../../../contract/time.ts'
import { uptimeOf, uptimePercent } from '../../../domain/state-history.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import { periodAt, stripParts } from '../../core/city/state-strip.ts'
import { loadStates, type StateHistory } from '../../core/connection/state-history.ts'
import type { TextKey, Translator } from '../../core/text/translate.ts'
import { useCore, useText } from '../../ui/core-context.tsx'

const spans = [
  { name: 'device.strip.day', spanMs: dayMs, renewMs: 60_000 },
  { name: 'device.strip.month', spanMs: 30 * dayMs, renewMs: 600_000 },
] as const satisfies readonly { name: TextKey; spanMs: number; renewMs: number }[]
/** Of 24 h six minutes each, of 30 days three hours. */
const columns = 240

type Span = (typeof spans)[number]
type Loaded = StateHistory | 'failed' | undefined

/** What was read stays when a renewal fails. */
function useStates(deviceId: string, { spanMs, renewMs }: Span): Loaded {
  const core = useCore()
  const [loaded, setLoaded] = useState<Loaded>()
  useEffect(() => {
    let gone = false
    const load = async () => {
      try {
        const history = await loadStates(core.rest, { deviceId, nowMs: core.clock.nowMs(), spanMs })
        if (!gone) setLoaded(history)
      } catch {
        if (!gone) setLoaded((before) => before ?? 'failed')
      }
    }
    void load()
    const timer = setInterval(() => void load(), renewMs)
    return () => {
      gone = true
      clearInterval(timer)
    }
  }, [core, deviceId, spanMs, renewMs])
  return loaded
}

/** `21 Nov 08.40 – 09.10 WIB · luring · sambungan hilang` */
function periodWords({ fromMs, toMs, state, cause }: StatePeriod, nowMs: number, text: Translator): string {
  const times = `${text.moment(fromMs, nowMs)} – ${text.moment(toMs, nowMs)} ${text.zone(toMs)}`
  const words = [times, text.t(`state.${state}` as TextKey), causeWords(cause, text)]
  return words.filter((one) => one !== '').join(' · ')
}

/** A cause in words of its own where those of a present state would tell more than is known of the past. */
function causeWords(cause: StatePeriod['cause'], text: Translator): string {
  const key = [`device.cause.${cause}`, `reason.${cause}`].find(text.has)
  return key === undefined ? '' : text.t(key as TextKey)
}

/** How much of the time it was up, down, out of service on purpose, and not watched. */
function uptimeWords({ fromMs, toMs, periods }: StateHistory, text: Translator): string {
  const [sum] = uptimeOf(periods, [fromMs, toMs])
  if (sum === undefined) return ''
  const percent = uptimePercent(sum)
  const parts = [
    percent === null
      ? text.t('device.strip.none')
      : text.t('device.strip.up', { percent: text.number(Math.floor(percent * 100) / 100, 2) }),
  ]
  if (sum.down > 0) parts.push(text.t('device.strip.down', { age: text.age(sum.down) }))
  if (sum.excluded > 0) parts.push(text.t('device.strip.excluded', { age: text.age(sum.excluded) }))
  if (percent !== null && sum.unknown > 0) parts.push(text.t('device.strip.unknown', { age: text.age(sum.unknown) }))
  return parts.join(' · ')
}

const steps: Record<string, (index: number, last: number) => number> = {
  ArrowLeft: (index) => Math.max(0, index - 1),
  ArrowRight: (index, last) => Math.min(last, index + 1),
  Home: () => 0,
  End: (_index, last) => last,
}

/** One strip: a glance at it, and with pointer or arrow keys each of its periods in words. */
function StateStrip({ deviceId, span }: { deviceId: string; span: Span }) {
  const text = useText()
  const loaded = useStates(deviceId, span)
  const [chosen, setChosen] = useState<number | null>(null)
  const name = text.t(span.name)
  if (loaded === undefined) return <p className="calm">{text.t('device.strip.loading', { name })}</p>
  if (loaded === 'failed') return <p className="calm">{text.t('device.strip.failed', { name })}</p>
  const { fromMs, toMs, periods } = loaded
  const last = periods.length - 1
  const index = Math.min(chosen ?? last, last)
  const period = periods[index]
  const words = period === undefined ? text.t('device.strip.none') : periodWords(period, toMs, text)
  return (
    <div className="strip-of-states" data-span={span.name} data-periods={periods.length}>
      <p>
        <span>{name}</span>
        <span className="strip-uptime">{uptimeWords(loaded, text)}</span>
      </p>
      <div
        className="state-bar"
        role="slider"
        tabIndex={0}
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, last)}
        aria-valuenow={Math.max(0, index)}
        aria-valuetext={words}
        onFocus={() => setChosen((before) => before ?? last)}
        onBlur={() => setChosen(null)}
        onKeyDown={(event) => {
          const step = steps[event.key]
          if (step === undefined) return
          event.preventDefault()
          setChosen(step(index, last))
        }}
        onPointerMove={({ clientX, currentTarget }) => {
          const { left, width } = currentTarget.getBoundingClientRect()
          setChosen(periodAt(periods, fromMs + ((clientX - left) / width) * (toMs - fromMs)))
        }}
        onPointerLeave={() => setChosen(null)}
      >
        {stripParts(loaded, columns).map((part, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place.
          <i key={at} data-state={part.state} style={{ flexGrow: part.columns }} />
        ))}
        {chosen !== null && period !== undefined && (
          <b
            style={{
              left: `${((period.fromMs - fromMs) / (toMs - fromMs)) * 100}%`,
              width: `${((period.toMs - period.fromMs) / (toMs - fromMs)) * 100}%`,
            }}
          />
        )}
      </div>
      <p className="strip-said">
        {chosen === null ? (
          <>
            <span>{text.moment(fromMs, toMs)}</span>
            <span>{`${text.moment(toMs, toMs)} ${text.zone(toMs)}`}</span>
          </>
        ) : (
          words
        )}
      </p>
    </div>
  )
}

/** States of a device over the last 24 hours and 30 days. */
export function StateStrips({ device: { id } }: { device: SeenDevice }) {
  const text = useText()
  return (
    <section className="states" aria-label={text.t('device.strip.title')}>
      {spans.map((span) => (
        <StateStrip key={`${id} ${span.name}`} deviceId={id} span={span} />
      ))}
    </section>
  )
}
