import './devices/device-table.css'
import './windows.css'
import './console.css'
import './pages.css'
import './console-texts.ts'
import '../ui/flow-texts.ts'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'
import { consolePaths, isPagePath } from '../../contract/http/pages.ts'
import { type Ability, can } from '../core/connection/session.ts'
import type { TextKey } from '../core/text/translate.ts'
import { useCore, useObservable, useText } from '../ui/core-context.tsx'
import { FocusPanel } from '../ui/focus-panel.tsx'
import { helpEvent } from '../ui/keys.ts'
import { PanelBoundary } from '../ui/panel.tsx'
import { SoundPill } from '../ui/sound-pill.tsx'
import { ClockFace, DataAge, LinkPill, SimulationMark, SimulationPill, TrustBand } from '../ui/trust/trust.tsx'
import { NoPage } from '../views/no-page.tsx'
import { AccountPage } from './account/account-page.tsx'
import { SessionsPage } from './account/sessions-page.tsx'
import { AuditPage } from './audit/audit-page.tsx'
import { DevicesPage } from './devices/devices-page.tsx'
import { DisplaysPage } from './displays/displays-page.tsx'
import { InstallPage } from './install/install-page.tsx'
import { LabelsPage } from './labels/labels-page.tsx'
import { MaintenancePage } from './maintenance/maintenance-page.tsx'
import { PipelinePage } from './pipeline/pipeline-page.tsx'
import { QuarantinePage } from './quarantine/quarantine-page.tsx'
import { TokensPage } from './tokens/tokens-page.tsx'
import { WallsPage } from './walls/walls-page.tsx'

const pages: readonly (readonly [path: string, words: TextKey, needs?: Ability])[] = [
  ['/', 'nav.wall'],
  [consolePaths.devices, 'nav.devices'],
  [consolePaths.maintenance, 'nav.maintenance'],
  [consolePaths.quarantine, 'nav.quarantine'],
  [consolePaths.pipeline, 'nav.pipeline'],
  [consolePaths.audit, 'nav.audit', 'audit'],
  [consolePaths.tokens, 'nav.tokens', 'tokens'],
  [consolePaths.displays, 'nav.displays', 'displays'],
  [consolePaths.walls, 'nav.walls', 'displays'],
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
      <button type="button" className="plain" onClick={core.sound.test}>
        {text.t('sound.test')}
      </button>
      <button type="button" className="plain" onClick={() => dispatchEvent(new Event(helpEvent))}>
        {text.t('help.title')}
      </button>
      {session.phase === 'in' && (
        <>
          <Link href={consolePaths.account}>
            {session.session.username} · {text.t(`role.${session.session.role}`)}
          </Link>
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
  const shown = pages.filter(([, , needs]) => needs === undefined || can(session, needs))
  return (
    <div className="console">
      <header className="console-head">
        <strong className="console-name">{text.t('app.name')}</strong>
        <nav aria-label={text.t('nav.title')}>
          {shown.map(([to, words]) => (
            <Link key={to} href={to} aria-current={path === to ? 'page' : undefined}>
              {text.t(words)}
            </Link>
          ))}
        </nav>
        <div className="console-trust">
          <SimulationPill />
          <SoundPill />
          <LinkPill />
          <DataAge />
          <ClockFace date />
        </div>
        <Account />
      </header>
      <main className="console-body content">
        <PanelBoundary key={path}>
          <Switch>
            <Route path={consolePaths.devices}>
              <DevicesPage editable={can(session, 'devices-edit')} />
            </Route>
            <Route path={consolePaths.labels}>
              <LabelsPage />
            </Route>
            <Route path={consolePaths.install}>
              {({ id }) => <InstallPage key={id} id={id} editable={can(session, 'devices-edit')} />}
            </Route>
            <Route path={consolePaths.maintenance}>
              <MaintenancePage editable={can(session, 'maintenance-edit')} />
            </Route>
            <Route path={consolePaths.quarantine}>
              <QuarantinePage mending={can(session, 'quarantine-retry')} />
            </Route>
            <Route path={consolePaths.pipeline}>
              <PipelinePage />
            </Route>
            {can(session, 'audit') && (
              <Route path={consolePaths.audit}>
                <AuditPage />
              </Route>
            )}
            {can(session, 'tokens') && (
              <Route path={consolePaths.tokens}>
                <TokensPage />
              </Route>
            )}
            {can(session, 'displays') && (
              <Route path={consolePaths.displays}>
                <DisplaysPage />
              </Route>
            )}
            {can(session, 'displays') && (
              <Route path={consolePaths.walls}>
                <WallsPage />
              </Route>
            )}
            <Route path={consolePaths.account}>
              <AccountPage />
            </Route>
            <Route path={consolePaths.sessions}>
              <SessionsPage />
            </Route>
            <Route>{isPagePath(path) ? <Redirect to={consolePaths.devices} replace /> : <NoPage />}</Route>
          </Switch>
        </PanelBoundary>
      </main>
      <FocusPanel />
      <TrustBand />
      <SimulationMark />
    </div>
  )
}
