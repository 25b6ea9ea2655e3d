import '@fontsource/noto-sans/latin-400.css'
import '@fontsource/noto-sans/latin-700.css'
import './ui/tokens.css'
import './ui/base.css'
import './ui/entry-pages.css'
import './ui/trust/trust.css'
import './frame/wall.css'
import './frame/places.css'
import './views/map/map.css'
import './views/overview/overview.css'
import './views/overview/tiles.css'
import './frame/siaga.css'
import './frame/care.css'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { startCore } from './core/create-core.ts'
import { guardScripts } from './core/text/trusted-types.ts'
import { CoreProvider } from './ui/core-context.tsx'
import { PanelBoundary } from './ui/panel.tsx'

guardScripts()
const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
const core = startCore()
createRoot(root).render(
  <CoreProvider core={core}>
    <PanelBoundary>
      <App />
    </PanelBoundary>
  </CoreProvider>,
)
