import { useCallback, useState } from 'react'
import { Link } from 'wouter'
import { consolePaths } from '../../../contract/http/pages.ts'
import type { OwnSession } from '../../../contract/http/session.ts'
import { answer } from '../../core/connection/answers.ts'
import { browserName } from '../../core/kit/browser-name.ts'
import { useCity, useCore, useText } from '../../ui/core-context.tsx'
import { useKeyboardBack } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { momentText } from '../key-facts.tsx'
import { useLoaded } from '../use-loaded.ts'
import { ConfirmWindow } from '../window-foot.tsx'

const path = '/api/v1/sessions'

/** What is asked before it is ended: one session, or all but this one. */
type Ending = { what: 'one'; session: OwnSession } | { what: 'others' }

/** Where the person is signed in, and how to end it. */
export function SessionsPage() {
  const { rest } = useCore()
  const text = useText()
  const [ending, setEnding] = useState<Ending>()
  useKeyboardBack(ending !== undefined)
  const load = useCallback(() => rest.get(path, answer('ownSessions')), [rest])
  const { value, failed, reload } = useLoaded(load)
  const sessions = value?.items
  const others = (sessions ?? []).filter(({ current }) => !current).length
  return (
    <section className="page" aria-label={text.t('sessions.title')}>
      <header className="page-head">
        <h1>{text.t('sessions.title')}</h1>
        <p className="page-count">{text.t('sessions.explain')}</p>
        <Link className="link-button" href={consolePaths.account}>
          {text.t('sessions.account')}
        </Link>
        {others > 0 && (
          <button type="button" onClick={() => setEnding({ what: 'others' })}>
            {text.t('sessions.endOthers', { n: text.number(others) })}
          </button>
        )}
      </header>
      <Failure onRetry={() => void reload()}>{failed !== undefined && failureText(failed, text)}</Failure>
      {sessions !== undefined && sessions.length > 0 && (
        <div className="table-body">
          <SessionTable sessions={sessions} onEnd={(session) => setEnding({ what: 'one', session })} />
        </div>
      )}
      {sessions !== undefined && others === 0 && <p className="empty">{text.t('sessions.empty')}</p>}
      {ending !== undefined && (
        <ConfirmWindow
          title={text.t(ending.what === 'one' ? 'sessions.endTitle' : 'sessions.othersTitle')}
          words={ending.what === 'one' ? text.t('sessions.endText') : text.t('sessions.othersText')}
          yes={
            ending.what === 'one' ? text.t('sessions.end') : text.t('sessions.endOthers', { n: text.number(others) })
          }
          act={() => rest.send('DELETE', ending.what === 'one' ? `${path}/${ending.session.id}` : path)}
          onClose={() => setEnding(undefined)}
          onDone={() => {
            setEnding(undefined)
            void reload()
          }}
        />
      )}
    </section>
  )
}

function SessionTable({ sessions, onEnd }: { sessions: readonly OwnSession[]; onEnd: (session: OwnSession) => void }) {
  const text = useText()
  const { nowMs } = useCity().moment
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th>{text.t('sessions.browser')}</th>
          <th>{text.t('sessions.address')}</th>
          <th className="wide-only">{text.t('sessions.since')}</th>
          <th>{text.t('sessions.seen')}</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <tr key={session.id} data-session={session.id} data-current={session.current}>
            <td title={session.browser ?? undefined}>
              {session.browser === null ? text.t('sessions.unknown') : browserName(session.browser)}
            </td>
            <td>{session.address ?? text.t('sessions.unknown')}</td>
            <td className="wide-only">{momentText(session.createdAt, text, nowMs)}</td>
            <td>{momentText(session.seenAt, text, nowMs)}</td>
            <td>
              {session.current ? (
                <strong>{text.t('sessions.this')}</strong>
              ) : (
                <button type="button" className="small" onClick={() => onEnd(session)}>
                  {text.t('sessions.end')}
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
