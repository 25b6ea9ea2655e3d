import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useSearch } from 'wouter'
import type { QuarantineItem } from '../../../contract/http/pipeline.ts'
import { answer } from '../../core/connection/answers.ts'
import { useAble, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { QuarantineEntry } from './quarantine-row.tsx'

interface Page {
  items: QuarantineItem[]
  nextCursor: string | null
}

function useQuarantine(reason: string) {
  const { rest } = useCore()
  const [page, setPage] = useState<Page>()
  const [failed, setFailed] = useState<unknown>()
  const load = useCallback(
    async (cursor: string | null) => {
      const query = new URLSearchParams({ limit: '50' })
      if (reason !== '') query.set('reason', reason)
      if (cursor !== null) query.set('cursor', cursor)
      try {
        const next = await rest.get(`/api/v1/quarantine?${query}`, answer('quarantine'))
        setPage((before) => ({
          ...next,
          items: cursor === null ? next.items : [...(before?.items ?? []), ...next.items],
        }))
        setFailed(undefined)
      } catch (error) {
        setFailed(error)
      }
    },
    [rest, reason],
  )
  useEffect(() => {
    void load(null)
  }, [load])
  return { page, failed, load }
}

/** Every message that could not become a reading: why, its bytes, and a second chance. */
export function QuarantinePage() {
  const mending = useAble('retryQuarantine')
  const text = useText()
  const flow = useObservable(useCore().flow)
  const [reason, setReason] = useState(new URLSearchParams(useSearch()).get('reason') ?? '')
  const [words, setWords] = useState('')
  const { page, failed, load } = useQuarantine(reason)
  const scroller = useRef<HTMLDivElement>(null)
  const items = (page?.items ?? []).filter(({ topic, deviceId }) => `${topic} ${deviceId ?? ''}`.includes(words.trim()))
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 76,
    overscan: 4,
  })
  const reasons = [
    ...new Set([...Object.keys(flow?.pipeline.rejected ?? {}), ...(page?.items ?? []).map((item) => item.reason)]),
  ].sort()
  const next = page?.nextCursor ?? null
  return (
    <section className="page" aria-label={text.t('quarantine.title')}>
      <header className="page-head">
        <h1>{text.t('quarantine.title')}</h1>
        <p className="page-count">{text.t('quarantine.explain')}</p>
        <button type="button" onClick={() => void load(null)}>
          {text.t('quarantine.reload')}
        </button>
      </header>
      <search className="filters">
        <label className="choose">
          <span>{text.t('quarantine.reason')}</span>
          <select value={reason} onChange={(event) => setReason(event.target.value)}>
            <option value="">{text.t('filter.all')}</option>
            {reasons.map((one) => (
              <option key={one} value={one}>
                {text.has(`reject.${one}`) ? text.t(`reject.${one}` as 'reject.not-json') : one}
              </option>
            ))}
          </select>
        </label>
        <label className="choose grow">
          <span>{text.t('quarantine.search')}</span>
          <input type="search" value={words} onChange={(event) => setWords(event.target.value)} />
        </label>
      </search>
      <Failure onRetry={() => void load(null)}>{failed !== undefined && failureText(failed, text)}</Failure>
      {page !== undefined && items.length === 0 && (
        <p className="empty">{text.t(reason === '' && words === '' ? 'quarantine.empty' : 'quarantine.noMatch')}</p>
      )}
      <div className="table-body" ref={scroller}>
        <ul className="table-all" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((row) => {
            const item = items[row.index]
            if (item === undefined) return null
            return (
              <li
                key={item.id}
                data-index={row.index}
                data-id={item.id}
                ref={rows.measureElement}
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <QuarantineEntry item={item} mending={mending} />
              </li>
            )
          })}
        </ul>
        {next !== null && (
          <p className="more">
            <button type="button" onClick={() => void load(next)}>
              {text.t('quarantine.more')}
            </button>
          </p>
        )}
      </div>
    </section>
  )
}
