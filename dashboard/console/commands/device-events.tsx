import { useCallback, useEffect, useState } from 'react'
import { dayMs, iso } from '../../../contract/time.ts'
import { answer } from '../../core/connection/answers.ts'
import type { Translator } from '../../core/text/translate.ts'
import { useCity, useCore, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { useLoaded } from '../use-loaded.ts'

const spanMs = 30 * dayMs
const renewMs = 15_000
const pageSize = 20
/** A page of the server has no more. */
const maxShown = 200
/** Characters of a payload that are shown at once. */
const maxShownChars = 400

function typeWords(type: string, text: Translator): string {
  const key = `events.type.${type}`
  return text.has(key) ? text.t(key) : type
}

function payloadWords(payload: unknown): string {
  const words = typeof payload === 'string' ? payload : JSON.stringify(payload)
  return words.length > maxShownChars ? `${words.slice(0, maxShownChars)}…` : words
}

/** What a device told in the last 30 days, and what became of its connections; renewed while it is shown. */
export function DeviceEvents({ deviceId }: { deviceId: string }) {
  const { rest, clock } = useCore()
  const text = useText()
  const { nowMs } = useCity().moment
  const [limit, setLimit] = useState(pageSize)
  const load = useCallback(() => {
    const query = new URLSearchParams({ device: deviceId, from: iso(clock.nowMs() - spanMs), limit: String(limit) })
    return rest.get(`/api/v1/events?${query}`, answer('events'))
  }, [rest, clock, deviceId, limit])
  const { value, failed, reload } = useLoaded(load)
  useEffect(() => {
    const timer = setInterval(() => void reload(), renewMs)
    return () => clearInterval(timer)
  }, [reload])
  return (
    <>
      <Failure onRetry={() => void reload()}>{failed !== undefined && failureText(failed, text)}</Failure>
      {value?.items.length === 0 && <p className="calm">{text.t('events.none')}</p>}
      <ol className="event-list">
        {value?.items.map(({ at, type, payload }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: events have no name of their own, and one may come twice.
          <li key={`${at} ${type} ${index}`} data-event={type}>
            <span>
              {text.moment(Date.parse(at), nowMs)} {text.zone(Date.parse(at))}
            </span>
            <strong>{typeWords(type, text)}</strong>
            <code>{payloadWords(payload)}</code>
          </li>
        ))}
      </ol>
      {value !== undefined && value.nextCursor !== null && limit < maxShown && (
        <button type="button" onClick={() => setLimit((before) => Math.min(maxShown, before * 2))}>
          {text.t('events.more')}
        </button>
      )}
    </>
  )
}
