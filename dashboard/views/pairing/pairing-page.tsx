import { useEffect, useState } from 'react'
import { Redirect, useSearch } from 'wouter'
import { safeNext } from '../../core/kit/next-path.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'

/** A display that nobody has taken in yet. */
export function PairingPage() {
  const { ownDisplay, session } = useCore()
  const text = useText()
  const state = useObservable(session)
  const search = useSearch()
  const [code, setCode] = useState<string | null>(null)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    const shown = (next: string | undefined, unreachable: boolean) => {
      setCode(next ?? null)
      setFailed(unreachable)
    }
    return ownDisplay.pair({ shown, approved: () => void session.refresh() })
  }, [ownDisplay, session])
  if (state.phase === 'in') return <Redirect to={safeNext(search)} replace />
  return (
    <main className="pairing">
      <h1>{text.t('app.name')}</h1>
      <p>{text.t('pairing.explain')}</p>
      <p className="pairing-code" data-code={code ?? undefined}>
        {code === null ? '— — —' : `${code.slice(0, 3)} ${code.slice(3)}`}
      </p>
      <p>{text.t('pairing.where')}</p>
      <p role="status">{failed && text.t('login.unreachable')}</p>
      <p className="pairing-person">
        <a href="/masuk">{text.t('pairing.person')}</a>
      </p>
    </main>
  )
}
