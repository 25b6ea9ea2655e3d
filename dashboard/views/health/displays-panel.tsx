import type { Display } from '../../../contract/http/displays.ts'
import { hasStranger } from '../../../domain/system/display-faults.ts'
import type { Translator } from '../../core/text/translate.ts'
import { useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Fact } from './fact.tsx'

const restartWords = (n: number, text: Translator) => text.t('health.restarts', { n: text.number(n) })

function words(display: Display, text: Translator, nowMs: number): string {
  const { state, stateSince, report } = display
  if (hasStranger(display)) return text.t('display.several', { n: text.number(display.connections) })
  if (state === 'live' && report !== null) {
    const fps = text.t('health.fps', { n: text.number(report.fps, 0) })
    return report.restarts === 0 ? fps : `${fps} · ${restartWords(report.restarts, text)}`
  }
  const name = text.t(`display.${state}`)
  if (state === 'live' || state === 'unknown' || stateSince === null) return name
  return `${name} ${text.age(Math.max(0, nowMs - Date.parse(stateSince)))}`
}

/** Panels of this page that failed; a display says it of itself to all of them. */
function OwnRestarts() {
  const core = useCore()
  const text = useText()
  const session = useObservable(core.session)
  const restarts = useObservable(core.restarts)
  if (restarts === 0 || (session.phase === 'in' && session.session.display !== null)) return null
  return (
    <ul className="readouts health-counts">
      <Fact name={text.t('health.thisPage')}>{restartWords(restarts, text)}</Fact>
    </ul>
  )
}

/** Every display: does it draw, how fast, and did a panel fail? */
export function DisplaysPanel() {
  const text = useText()
  const { moment, presence } = useCity()
  const { nowMs } = moment
  const displays = useObservable(useCore().displays)
  return (
    <Panel
      name="displays"
      title={text.t('health.displays')}
      aside={displays === null || presence !== 'present' ? undefined : text.number(displays.length)}
    >
      {displays === null || presence !== 'present' ? (
        <p className="health-unknown">{text.t('value.none')}</p>
      ) : displays.length === 0 ? (
        <p className="calm">{text.t('displays.empty')}</p>
      ) : (
        <ul className="readouts health-counts">
          {displays.map((display) => (
            <Fact
              key={display.name}
              name={display.name}
              wrong={display.state === 'frozen' || display.state === 'gone' || hasStranger(display)}
            >
              {words(display, text, nowMs)}
            </Fact>
          ))}
        </ul>
      )}
      <OwnRestarts />
    </Panel>
  )
}
