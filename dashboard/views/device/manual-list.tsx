import './manual-texts.ts'
import { findMetric } from '../../../contract/metrics.ts'
import type { ManualPoint } from '../../core/connection/history.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { ManualMark } from '../../ui/manual-value.tsx'

/** A panel has no room for more; the file has them all. */
const maxShown = 10

/** What persons read by eye in the last 24 hours, the newest first: when, what, who, and what they noted. */
export function ManualList({ readings }: { readings: readonly ManualPoint[] }) {
  const text = useText()
  const { nowMs } = useCity().moment
  if (readings.length === 0) return null
  const shown = readings.slice(-maxShown).toReversed()
  return (
    <section className="manual-list" aria-label={text.t('manual.list')}>
      <h3>
        <ManualMark /> {text.t('manual.list')}
      </h3>
      <ol>
        {shown.map((reading) => (
          <li key={reading.at}>
            <span>
              {text.moment(Date.parse(reading.at), nowMs)} {text.zone(Date.parse(reading.at))}
            </span>
            {Object.entries(reading.metrics).map(([name, value]) => {
              const info = findMetric(name)
              return (
                <strong key={name}>
                  {info === undefined ? name : text.label(info.label)} {text.measure(value, info)}
                </strong>
              )
            })}
            <span>
              {reading.author === undefined
                ? text.t(`manual.by.${reading.role}`)
                : `${reading.author} (${text.t(`manual.by.${reading.role}`)})`}
            </span>
            {reading.note !== undefined && <q>{reading.note}</q>}
          </li>
        ))}
      </ol>
      {readings.length > maxShown && (
        <p className="calm">{text.t('manual.more', { n: text.number(readings.length - maxShown) })}</p>
      )}
    </section>
  )
}
