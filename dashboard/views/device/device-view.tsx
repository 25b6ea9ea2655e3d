import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import { findMetric } from '../../../contract/metrics.ts'
import { dayMs } from '../../../contract/time.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import { areaName } from '../../core/city/site.ts'
import { type History, loadHistory } from '../../core/connection/history.ts'
import { installPath } from '../../core/kit/label-sheet.ts'
import type { Translator } from '../../core/text/translate.ts'
import { useAble, useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { ManualValue } from '../../ui/manual-value.tsx'
import { StateMark } from '../../ui/state-mark.tsx'
import { reasonWords, stateWords } from '../../ui/state-text.tsx'
import { Value } from '../../ui/value.tsx'
import { ManualEntry } from './manual-form.tsx'
import { ManualList } from './manual-list.tsx'
import { MetricChart } from './metric-chart.tsx'
import { StateStrips } from './state-strip.tsx'
import { Trail } from './trail.tsx'

/** Of the console: a wall that nobody touches never asks for it. */
const DeviceCommands = lazy(async () => ({
  default: (await import('../../console/commands/device-commands.tsx')).DeviceCommands,
}))

/** A chart of the last 24 h is renewed this often. */
const renewMs = 60_000

/** Known metrics in the profile's order, then whatever else it sends. */
function metricNames(device: SeenDevice, history: History | undefined): string[] {
  const read = device.manual?.names ?? []
  const sent = new Set([...device.metrics.keys(), ...read, ...(history?.bands.keys() ?? [])])
  const known = device.look.metrics.filter((name) => sent.has(name))
  return [...known, ...[...sent].filter((name) => !known.includes(name)).sort((a, b) => a.localeCompare(b))]
}

interface Loading {
  history: History | undefined
  failed: boolean
}

/** History of one device, renewed while it is shown; what was read stays when a renewal fails. */
function useHistory(device: SeenDevice, width: number): Loading & { renew: () => void } {
  const core = useCore()
  const [loading, setLoading] = useState<Loading>({ history: undefined, failed: false })
  const [asked, setAsked] = useState(0)
  const { id, expectedMs } = device
  const metrics = metricNames(device, undefined).join(',')
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever asks has it read again.
  useEffect(() => {
    if (width === 0) return
    let gone = false
    const load = async () => {
      const options = { expectedMs, nowMs: core.clock.nowMs(), spanMs: dayMs, widthPx: width }
      try {
        const history = await loadHistory(core.rest, { deviceId: id, metrics: metrics.split(','), ...options })
        if (!gone) setLoading({ history, failed: false })
      } catch {
        if (!gone) setLoading((before) => ({ ...before, failed: true }))
      }
    }
    void load()
    const timer = setInterval(() => void load(), renewMs)
    return () => {
      gone = true
      clearInterval(timer)
    }
  }, [core, id, expectedMs, metrics, width, asked])
  return { ...loading, renew: () => setAsked((n) => n + 1) }
}

function linkWords(device: SeenDevice, text: Translator, nowMs: number): string {
  const words = text.t(`device.link.${device.link.state}`)
  return device.link.sinceMs === null
    ? words
    : `${words} · ${text.moment(device.link.sinceMs, nowMs)} ${text.zone(device.link.sinceMs)}`
}

/** A clock that is less behind is as good as right for a person. */
const tellsClockFromMs = 60_000

function Facts({ device }: { device: SeenDevice }) {
  const text = useText()
  const site = useObservable(useCore().site)
  const { nowMs } = useCity().moment
  const facts: (readonly [string, string])[] = [
    [text.t('device.id'), device.id],
    [text.t('device.interval'), text.age(device.expectedMs)],
    [text.t('device.link'), linkWords(device, text, nowMs)],
  ]
  if (device.areaCode !== null) facts.push([text.t('device.area'), areaName(site, device.areaCode)])
  if (device.place !== null)
    facts.push([text.t('device.place'), `${device.place.lat.toFixed(5)}, ${device.place.lon.toFixed(5)}`])
  if (device.maintenance !== null && device.stateReason !== 'maintenance') {
    const [from, until] = [
      text.moment(device.maintenance.fromMs, nowMs),
      text.moment(device.maintenance.untilMs, nowMs),
    ]
    facts.push([text.t('device.maintenance'), `${from} – ${until} ${text.zone(device.maintenance.untilMs)}`])
  }
  if (device.clockWrong) facts.push([text.t('device.clock'), text.t('trouble.clock')])
  else if (device.skewMs !== null && device.skewMs >= tellsClockFromMs)
    facts.push([text.t('device.clock'), text.t('device.clockBehind', { age: text.age(device.skewMs) })])
  if (device.flapping) facts.push([text.t('device.stability'), text.t('trouble.flapping')])
  if (device.duplicate) facts.push([text.t('device.duplicate'), text.t('trouble.duplicate')])
  if (device.simulated) facts.push([text.t('device.origin'), text.t('device.simulated')])
  return (
    <dl className="device-facts">
      {facts.map(([name, words]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
  )
}

function Commands({ device }: { device: SeenDevice }) {
  const text = useText()
  const [open, setOpen] = useState(false)
  return (
    <details className="device-commands" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{text.t('device.commands')}</summary>
      {open && (
        <Suspense fallback={null}>
          <DeviceCommands device={device} />
        </Suspense>
      )}
    </details>
  )
}

/** Everything known of one device, and its last 24 hours. */
export function DeviceDetail({ device }: { device: SeenDevice }) {
  const text = useText()
  const atConsole = useAble('console')
  const { nowMs } = useCity().moment
  const host = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => setWidth(host.current?.clientWidth ?? 0), [])
  const mayEnter = useAble('enterReadings')
  const { history, failed, renew } = useHistory(device, width)
  const reason = reasonWords(device, text)
  return (
    <div className="device" ref={host} data-id={device.id} data-state={device.state}>
      <p className="device-state">
        <StateMark state={device.state} />
        <strong>{stateWords(device, text, nowMs)}</strong>
        {reason !== '' && <span>{reason}</span>}
        {device.stateSinceMs !== null && device.state !== 'offline' && (
          <span>
            {text.t('device.since', {
              time: text.moment(device.stateSinceMs, nowMs),
              zone: text.zone(device.stateSinceMs),
            })}
          </span>
        )}
      </p>
      <StateStrips device={device} />
      {mayEnter && <ManualEntry device={device} onEntered={renew} />}
      <Facts device={device} />
      {atConsole && (
        <p className="device-ways">
          <Link href={installPath(device.id)}>{text.t('device.install')}</Link>
          <a href={`/api/v1/devices/${encodeURIComponent(device.id)}/readings?format=csv`} download>
            {text.t('device.csv')}
          </a>
        </p>
      )}
      {atConsole && <Commands device={device} />}
      {failed && <p className="calm">{text.t('device.historyFailed')}</p>}
      {device.look.moving && <Trail device={device} />}
      <ul className="metric-list">
        {metricNames(device, history).map((name) => {
          const info = findMetric(name)
          const band = history?.bands.get(name)
          return (
            <li key={name} data-metric={name}>
              <p className="metric-line">
                <span>{info === undefined ? name : text.label(info.label)}</span>
                <Value live={device.metrics.get(name)} metric={name} always />
                <ManualValue manual={device.manual} metric={name} besides={false} />
              </p>
              {history !== undefined && band !== undefined && (
                <MetricChart metric={name} band={band} history={history} />
              )}
            </li>
          )
        })}
      </ul>
      {history !== undefined && <ManualList readings={history.manual} />}
      {device.metrics.size === 0 && <p className="calm">{text.t('device.nothingSent')}</p>}
      {history !== undefined && (
        <p className="device-foot">
          {text.t('device.history', { every: text.age(history.everyMs), engine: history.engine })}
        </p>
      )}
    </div>
  )
}
