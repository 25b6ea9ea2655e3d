import './devices/device-table.css'
import './windows.css'
import './console.css'
import './pages.css'
import './console-texts.ts'
import '../ui/flow-texts.ts'
import type { ComponentType } from 'react'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'
import type { Ability } from '../../contract/abilities.ts'
import { consolePaths, isPagePath } from '../../contract/http/pages.ts'
import { can } from '../core/connection/session.ts'
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
import { CommandsPage } from './commands/commands-page.tsx'
import { DevicesPage } from './devices/devices-page.tsx'
import { DisplaysPage } from './displays/displays-page.tsx'
import { InstallPage } from './install/install-page.tsx'
import { LabelsPage } from './labels/labels-page.tsx'
import { MaintenancePage } from './maintenance/maintenance-page.tsx'
import { PipelinePage } from './pipeline/pipeline-page.tsx'
import { QuarantinePage } from './quarantine/quarantine-page.tsx'
import { TokensPage } from './tokens/tokens-page.tsx'
import { WallsPage } from './walls/walls-page.tsx'

interface ConsolePage {
  path: string
  /** Its word in the navigation; a page without one is reached from others. */
  words?: TextKey
  /** What it needs beside the console itself. */
  needs?: Ability
  Page: ComponentType
}

/** Pages in the order of the navigation. */
const pages: readonly ConsolePage[] = [
  { path: consolePaths.devices, words: 'nav.devices', Page: DevicesPage },
  { path: consolePaths.labels, Page: LabelsPage },
  { path: consolePaths.install, Page: InstallPage },
  { path: consolePaths.maintenance, words: 'nav.maintenance', Page: MaintenancePage },
  { path: consolePaths.commands, words: 'nav.commands', Page: CommandsPage },
  { path: consolePaths.quarantine, words: 'nav.quarantine', Page: QuarantinePage },
  { path: consolePaths.pipeline, words: 'nav.pipeline', Page: PipelinePage },
  { path: consolePaths.audit, words: 'nav.audit', needs: 'audit', Page: AuditPage },
  { path: consolePaths.tokens, words: 'nav.tokens', needs: 'tokens', Page: TokensPage },
  { path: consolePaths.displays, words: 'nav.displays', needs: 'editDisplays', Page: DisplaysPage },
  { path: consolePaths.walls, words: 'nav.walls', needs: 'editDisplays', Page: WallsPage },
  { path: consolePaths.account, Page: AccountPage },
  { path: consolePaths.sessions, Page: SessionsPage },
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
  const shown = pages.filter(({ needs }) => needs === undefined || can(session, needs))
  return (
    <div className="console">
      <header className="console-head">
        <strong className="console-name">{text.t('app.name')}</strong>
        <nav aria-label={text.t('nav.title')}>
          <Link href="/">{text.t('nav.wall')}</Link>
          {shown.map(
            ({ path: to, words }) =>
              words !== undefined && (
                <Link key={to} href={to} aria-current={path === to ? 'page' : undefined}>
                  {text.t(words)}
                </Link>
              ),
          )}
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
            {shown.map(({ path: at, Page }) => (
              <Route key={at} path={at}>
                <Page />
              </Route>
            ))}
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
