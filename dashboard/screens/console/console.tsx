import '../../styles/console.css'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'
import { can } from '../../core/session.ts'
import type { TextKey } from '../../core/translate.ts'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { FocusPanel } from '../../ui/focus-panel.tsx'
import { helpEvent } from '../../ui/keys.ts'
import { PanelBoundary } from '../../ui/panel.tsx'
import { ClockFace, DataAge, LinkPill, SimulationMark, SimulationPill, TrustBand } from '../../ui/trust.tsx'
import { DevicesPage } from './devices-page.tsx'
import { PipelinePage } from './pipeline-page.tsx'
import { QuarantinePage } from './quarantine-page.tsx'

const pages: readonly (readonly [path: string, words: TextKey])[] = [
  ['/', 'nav.wall'],
  ['/konsol/perangkat', 'nav.devices'],
  ['/konsol/karantina', 'nav.quarantine'],
  ['/konsol/aliran', 'nav.pipeline'],
]

function Account() {
  const core = useCore()
  const text = useText()
  const session = useObservable(core.session)
  const theme = useObservable(core.preferences.theme)
  return (
    <div className="account">
      <button type="button" className="plain" onClick={core.preferences.toggleLanguage}>
        {text.t('language.other')}
      </button>
      <button type="button" className="plain" onClick={core.preferences.toggleTheme}>
        {text.t(theme === 'malam' ? 'theme.day' : 'theme.night')}
      </button>
      <button type="button" className="plain" onClick={() => dispatchEvent(new Event(helpEvent))}>
        {text.t('help.title')}
      </button>
      {session.phase === 'in' && (
        <>
          <span>
            {session.session.username} · {text.t(`role.${session.session.role}`)}
          </span>
          <button type="button" className="plain" onClick={() => void core.session.logout()}>
            {text.t('nav.logout')}
          </button>
        </>
      )}
    </div>
  )
}

/** The operator's pages. */
export function Console() {
  const text = useText()
  const session = useObservable(useCore().session)
  const [path] = useLocation()
  return (
    <div className="console">
      <header className="console-head">
        <strong className="console-name">{text.t('app.name')}</strong>
        <nav aria-label={text.t('nav.title')}>
          {pages.map(([to, words]) => (
            <Link key={to} href={to} aria-current={path === to ? 'page' : undefined}>
              {text.t(words)}
            </Link>
          ))}
        </nav>
        <div className="console-trust">
          <SimulationPill />
          <LinkPill />
          <DataAge />
          <ClockFace date />
        </div>
        <Account />
      </header>
      <main className="console-body content">
        <PanelBoundary key={path}>
          <Switch>
            <Route path="/konsol/perangkat">
              <DevicesPage editable={can(session, 'devices-edit')} />
            </Route>
            <Route path="/konsol/karantina">
              <QuarantinePage mending={can(session, 'quarantine-retry')} />
            </Route>
            <Route path="/konsol/aliran">
              <PipelinePage />
            </Route>
            <Route>
              <Redirect to="/konsol/perangkat" replace />
            </Route>
          </Switch>
        </PanelBoundary>
      </main>
      <FocusPanel />
      <TrustBand />
      <SimulationMark />
    </div>
  )
}
