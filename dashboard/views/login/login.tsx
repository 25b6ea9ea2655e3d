import { type SubmitEvent, useState } from 'react'
import { Link, Redirect, useSearch } from 'wouter'
import { RestError } from '../../core/connection/http-client.ts'
import { safeNext } from '../../core/kit/next-path.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'

/** A one-time link that signed nobody in, on a browser where somebody is: who that is must not be a guess. */
function StillIn({ username }: { username: string }) {
  const text = useText()
  return (
    <main className="login">
      <div className="login-card">
        <h1>{text.t('app.name')}</h1>
        <p role="status">{text.t('login.linkInvalid')}</p>
        <p>{text.t('login.still', { username })}</p>
        <Link href="/">{text.t('login.goOn')}</Link>
      </div>
    </main>
  )
}

export function Login() {
  const core = useCore()
  const text = useText()
  const session = useObservable(core.session)
  const search = useSearch()
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<unknown>()
  const [withCode, setWithCode] = useState(false)
  const [entered, setEntered] = useState(false)
  const linkInvalid = new URLSearchParams(search).get('link') === 'invalid'
  if (session.phase === 'in' && linkInvalid && !entered) return <StillIn username={session.session.username} />
  if (session.phase === 'in') return <Redirect to={safeNext(search)} replace />

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setFailed(undefined)
    setEntered(true)
    try {
      const code = String(form.get('code') ?? '').trim()
      await core.session.login(
        String(form.get('username')),
        String(form.get('password')),
        code === '' ? undefined : code,
      )
    } catch (error) {
      setFailed(error)
      if (error instanceof RestError && error.code === 'code-needed') setWithCode(true)
    } finally {
      setBusy(false)
    }
  }

  return (
    <main className="login">
      <form onSubmit={(event) => void submit(event)}>
        <h1>{text.t('app.name')}</h1>
        {linkInvalid && <p role="status">{text.t('login.linkInvalid')}</p>}
        {session.phase === 'out' && session.ended && <p role="status">{text.t('login.ended')}</p>}
        <label>
          <span>{text.t('login.username')}</span>
          <input name="username" autoComplete="username" required maxLength={64} />
        </label>
        <label>
          <span>{text.t('login.password')}</span>
          <input name="password" type="password" autoComplete="current-password" required maxLength={256} />
        </label>
        {withCode && (
          <label>
            <span>{text.t('login.code')}</span>
            {/* A new field beneath the finger that just pressed Enter: the code is what comes next. */}
            <input
              name="code"
              ref={(field) => field?.focus()}
              autoComplete="one-time-code"
              inputMode="text"
              required
              maxLength={32}
            />
            <small>{text.t('login.codeHint')}</small>
          </label>
        )}
        <Failure>{failed !== undefined && failureText(failed, text)}</Failure>
        <button type="submit" className="primary" disabled={busy}>
          {text.t(busy ? 'login.busy' : 'login.submit')}
        </button>
        <p className="login-language">
          <button type="button" className="plain" onClick={core.preferences.toggleLanguage}>
            {text.t('language.other')}
          </button>
        </p>
      </form>
    </main>
  )
}
