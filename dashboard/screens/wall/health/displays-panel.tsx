import type { Display } from '../../../../contract/displays.ts'
import type { Translator } from '../../../core/translate.ts'
import { useCity, useCore, useObservable, useText } from '../../../ui/core-context.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { Fact } from './fact.tsx'

function words({ state, stateSince, report }: Display, text: Translator, nowMs: number): string {
  if (state === 'live' && report !== null) return text.t('health.fps', { n: text.number(report.fps, 0) })
  const name = text.t(`display.${state}`)
  if (state === 'live' || state === 'unknown' || stateSince === null) return name
  return `${name} ${text.age(Math.max(0, nowMs - Date.parse(stateSince)))}`
}

/** Every screen of the wall: does it draw, and how fast? */
export function DisplaysPanel() {
  const text = useText()
  const { nowMs, lostForMs } = useCity().moment
  const displays = useObservable(useCore().displays)
  return (
    <Panel name="displays" title={text.t('health.displays')} aside={text.number(displays.length)}>
      {lostForMs !== null ? (
        <p className="health-unknown">{text.t('value.none')}</p>
      ) : displays.length === 0 ? (
        <p className="calm">{text.t('displays.empty')}</p>
      ) : (
        <ul className="readouts health-counts">
          {displays.map((display) => (
            <Fact key={display.name} name={display.name} wrong={display.state === 'frozen' || display.state === 'gone'}>
              {words(display, text, nowMs)}
            </Fact>
          ))}
        </ul>
      )}
    </Panel>
  )
}
