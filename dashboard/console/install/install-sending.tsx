import { findMetric } from '../../../contract/metrics.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { StateMark } from '../../ui/state-mark.tsx'
import { reasonWords, stateWords } from '../../ui/state-text.tsx'
import { Value } from '../../ui/value.tsx'

/** How long ago it was last heard; it counts on, and is grey as soon as nobody can know. */
function LastMessage({ seen }: { seen: SeenDevice }) {
  const text = useText()
  const { nowMs } = useCity().moment
  if (seen.receivedAtMs === null) return <p className="install-last">{text.t('install.neverHeard')}</p>
  const ageMs = Math.max(0, nowMs - seen.receivedAtMs)
  return (
    <p className="install-last">
      <span className="value" data-state={seen.state} data-age-s={Math.floor(ageMs / 1000)}>
        <span className="value-number">{text.t('install.lastMessage', { age: text.age(ageMs) })}</span>
      </span>
    </p>
  )
}

function Newest({ seen }: { seen: SeenDevice }) {
  const text = useText()
  const known = seen.look.metrics.filter((name) => seen.metrics.has(name))
  const names = [...known, ...[...seen.metrics.keys()].filter((name) => !known.includes(name))]
  return (
    <dl className="install-values">
      {names.map((name) => {
        const info = findMetric(name)
        return (
          <div key={name} data-metric={name}>
            <dt>{info === undefined ? name : text.label(info.label)}</dt>
            <dd>
              <Value live={seen.metrics.get(name)} metric={name} always />
            </dd>
          </div>
        )
      })}
    </dl>
  )
}

/** Does it send now? */
export function InstallSending({ seen }: { seen: SeenDevice | undefined }) {
  const text = useText()
  const { nowMs } = useCity().moment
  return (
    <section className="install-part" aria-label={text.t('install.sending')}>
      <h2>{text.t('install.sending')}</h2>
      {seen === undefined && <p className="calm">{text.t('install.notSeen')}</p>}
      {seen !== undefined && (
        <>
          <p className="install-state" data-state={seen.state}>
            <StateMark state={seen.state} />
            <strong>{stateWords(seen, text, nowMs)}</strong>
            <span>{reasonWords(seen, text)}</span>
          </p>
          <LastMessage seen={seen} />
          <p>
            {text.t('install.link')} <strong>{text.t(`device.link.${seen.link.state}`)}</strong>
          </p>
          {seen.receivedAtMs === null && <p className="calm">{text.t('install.neverHint')}</p>}
          <Newest seen={seen} />
        </>
      )}
    </section>
  )
}
