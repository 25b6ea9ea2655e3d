import { useCallback, useEffect, useState } from 'react'
import type { AuditList, AuditRecord } from '../../../contract/http/audit.ts'
import { auditActions } from '../../../contract/http/audit-actions.ts'
import { iso } from '../../../contract/time.ts'
import type { CityTime } from '../../../domain/city-time.ts'
import { answer } from '../../core/connection/answers.ts'
import type { TextKey } from '../../core/text/translate.ts'
import { useCity, useCore, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { momentText } from '../key-facts.tsx'

interface Filter {
  actor: string
  action: string
  /** `2026-11-24`, days of the city. */
  from: string
  to: string
}

const noFilter: Filter = { actor: '', action: '', from: '', to: '' }

function queryOf({ actor, action, from, to }: Filter, cursor: string | null, time: CityTime): string {
  const query = new URLSearchParams({ limit: '100' })
  if (actor.trim() !== '') query.set('actor', actor.trim())
  if (action !== '') query.set('action', action)
  const [first, last] = [time.day(from), time.day(to)]
  if (first !== undefined) query.set('from', iso(first.fromMs))
  if (last !== undefined) query.set('to', iso(last.toMs))
  if (cursor !== null) query.set('cursor', cursor)
  return query.toString()
}

function useAudit(filter: Filter) {
  const { rest } = useCore()
  const { cityTime } = useText()
  const [list, setList] = useState<AuditList>()
  const [failed, setFailed] = useState<unknown>()
  const load = useCallback(
    async (cursor: string | null) => {
      try {
        const next = await rest.get(`/api/v1/audit?${queryOf(filter, cursor, cityTime)}`, answer('audit'))
        setList((before) => (cursor === null ? next : { ...next, items: [...(before?.items ?? []), ...next.items] }))
        setFailed(undefined)
      } catch (error) {
        setFailed(error)
      }
    },
    [rest, filter, cityTime],
  )
  useEffect(() => {
    void load(null)
  }, [load])
  return { list, failed, load }
}

/** Who did what; for auditors and admins. */
export function AuditPage() {
  const text = useText()
  const [filter, setFilter] = useState(noFilter)
  const { list, failed, load } = useAudit(filter)
  const isFiltered = filter !== noFilter && JSON.stringify(filter) !== JSON.stringify(noFilter)
  return (
    <section className="page audit" aria-label={text.t('audit.title')}>
      <header className="page-head">
        <h1>{text.t('audit.title')}</h1>
        <p className="page-count">{text.t('audit.explain')}</p>
        <button type="button" onClick={() => void load(null)}>
          {text.t('quarantine.reload')}
        </button>
      </header>
      {list !== undefined && <Proof list={list} />}
      <Filters filter={filter} onChange={setFilter} />
      <Failure>{failed !== undefined && failureText(failed, text)}</Failure>
      {list?.items.length === 0 && <p className="empty">{text.t(isFiltered ? 'audit.noMatch' : 'audit.empty')}</p>}
      {list !== undefined && list.items.length > 0 && (
        <div className="table-body">
          <Records items={list.items} />
          {list.nextCursor !== null && (
            <p className="more">
              <button type="button" onClick={() => void load(list.nextCursor)}>
                {text.t('quarantine.more')}
              </button>
            </p>
          )}
        </div>
      )}
    </section>
  )
}

/** First letters of the head's hash: two people can compare it over the telephone. */
const codeLength = 16

function Proof({ list: { head, anchor } }: { list: AuditList }) {
  const text = useText()
  const { nowMs } = useCity().moment
  return (
    <p className="audit-proof">
      {head !== null && (
        <span>
          {text.t('audit.head', { n: text.number(head.count) })}{' '}
          <code data-audit-head>{head.hash.slice(0, codeLength).replace(/(.{4})(?=.)/g, '$1 ')}</code>
        </span>
      )}
      <span data-audit-anchor>
        {anchor === null
          ? text.t('audit.notAnchored')
          : text.t('audit.anchored', { n: text.number(anchor.count), time: momentText(anchor.at, text, nowMs) })}
      </span>
      <span>
        {text.t('audit.verify')} <code>{text.t('audit.verifyCommand')}</code>
      </span>
    </p>
  )
}

function Filters({ filter, onChange }: { filter: Filter; onChange: (next: Filter) => void }) {
  const text = useText()
  const zone = text.zone(useCity().moment.nowMs)
  const day = (name: 'from' | 'to', label: TextKey) => (
    <label className="choose">
      <span>{text.t(label, { zone })}</span>
      <input
        type="date"
        value={filter[name]}
        onChange={(event) => onChange({ ...filter, [name]: event.target.value })}
      />
    </label>
  )
  return (
    <search className="filters">
      <label className="choose">
        <span>{text.t('audit.action')}</span>
        <select value={filter.action} onChange={(event) => onChange({ ...filter, action: event.target.value })}>
          <option value="">{text.t('filter.all')}</option>
          {auditActions.map((action) => (
            <option key={action} value={action}>
              {text.t(`audit.action.${action}`)}
            </option>
          ))}
        </select>
      </label>
      {day('from', 'audit.from')}
      {day('to', 'audit.to')}
      <label className="choose grow">
        <span>{text.t('audit.actor')}</span>
        <input
          type="search"
          value={filter.actor}
          placeholder={text.t('audit.actorHint')}
          onChange={(event) => onChange({ ...filter, actor: event.target.value })}
        />
      </label>
    </search>
  )
}

function Records({ items }: { items: readonly AuditRecord[] }) {
  const text = useText()
  const zone = text.zone(useCity().moment.nowMs)
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th>{text.t('audit.seq')}</th>
          <th>{text.t('audit.at', { zone })}</th>
          <th>{text.t('audit.actor')}</th>
          <th>{text.t('audit.action')}</th>
          <th>{text.t('audit.target')}</th>
          <th className="wide-only">{text.t('audit.detail')}</th>
        </tr>
      </thead>
      <tbody>
        {items.map(({ seq, at, actor, action, target, detail }) => {
          const atMs = Date.parse(at)
          const words = `audit.action.${action}`
          return (
            <tr key={seq} data-seq={seq}>
              <td className="number">{seq}</td>
              <td>
                {text.date(atMs)} <span className="nowrap">{text.time(atMs)}</span>
              </td>
              <td>{actor}</td>
              <td>{text.has(words) ? text.t(words) : action}</td>
              <td>{target ?? '–'}</td>
              <td className="wide-only faint">{detailText(detail)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function detailText(detail: Record<string, unknown>): string {
  const plain = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value))
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${plain(value)}`)
    .join(', ')
}
