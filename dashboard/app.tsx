import { lazy, Suspense, useEffect } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { isViewId, pagePaths } from '../contract/http/pages.ts'
import { preloadAnswers } from './core/connection/answers.ts'
import { can } from './core/connection/session.ts'
import { preloadViews, WallView } from './frame/wall.tsx'
import { Announcements } from './ui/announcements.tsx'
import { useCore, useObservable, useText } from './ui/core-context.tsx'
import { useFieldWords } from './ui/failure/field-words.ts'
import { preloadSidePanel } from './ui/focus-panel.tsx'
import { Help } from './ui/help.tsx'
import { useKeys } from './ui/keys.ts'
import { NoPage } from './views/no-page.tsx'
import { PairingPage } from './views/pairing/pairing-page.tsx'

const Login = lazy(async () => ({ default: (await import('./views/login/login.tsx')).Login }))
const Console = lazy(async () => ({ default: (await import('./console/console.tsx')).Console }))

/** Writes language and palette where CSS and screen readers find them. */
function useDocument(): void {
  const core = useCore()
  const text = useText()
  const theme = useObservable(core.preferences.theme)
  useEffect(() => {
    document.title = text.t('app.name')
    document.documentElement.lang = text.language
    document.documentElement.dataset.theme = theme
  }, [text, theme])
}

/** Opens the live stream as soon as somebody is logged in. */
function useStream(): void {
  const core = useCore()
  const session = useObservable(core.session)
  useEffect(() => {
    void core.session.refresh()
  }, [core])
  useEffect(() => {
    if (session.phase === 'in' || session.phase === 'unreachable') core.connect()
    if (session.phase === 'in') {
      preloadSidePanel()
      preloadViews()
      preloadAnswers()
    }
    if (session.phase === 'out') core.disconnect()
  }, [core, session])
}

function NoPageAtAll() {
  return (
    <main>
      <NoPage />
    </main>
  )
}

export function App() {
  const core = useCore()
  const session = useObservable(core.session)
  const asked = useObservable(core.siteInfo.asked)
  const [path] = useLocation()
  useDocument()
  useStream()
  useKeys()
  useFieldWords()
  if (session.phase === 'unknown' || !asked) return null
  if (session.phase === 'out' && path !== '/masuk' && path !== '/layar') {
    // A display has nobody who could sign in.
    const door = core.ownDisplay.wasPaired() ? '/layar' : '/masuk'
    return <Redirect to={`${door}?next=${encodeURIComponent(path + location.search)}`} />
  }
  return (
    <>
      <Switch>
        <Route path={pagePaths.login}>
          <Suspense fallback={null}>
            <Login />
          </Suspense>
        </Route>
        <Route path={pagePaths.pairing} component={PairingPage} />
        <Route path={pagePaths.wall}>
          <WallView view="ikhtisar" />
        </Route>
        <Route path={pagePaths.view}>
          {({ view }) => (isViewId(view) ? <WallView view={view} /> : <NoPageAtAll />)}
        </Route>
        <Route path={pagePaths.panel}>
          {({ view, panel }) => (isViewId(view) ? <WallView view={view} only={panel} /> : <NoPageAtAll />)}
        </Route>
        <Route path={pagePaths.console}>
          {can(session, 'console') || session.phase === 'unreachable' ? (
            <Suspense fallback={null}>
              <Console />
            </Suspense>
          ) : (
            <Redirect to="/" />
          )}
        </Route>
        <Route>
          <NoPageAtAll />
        </Route>
      </Switch>
      <Help />
      <Announcements />
    </>
  )
}
