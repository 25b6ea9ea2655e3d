import '@fontsource/noto-sans/latin-400.css'
import '@fontsource/noto-sans/latin-700.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/trust.css'
import './styles/wall.css'
import './styles/places.css'
import './styles/map.css'
import './styles/overview.css'
import './styles/tiles.css'
import './styles/siaga.css'
import './styles/care.css'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { startCore } from './core/start.ts'
import { guardScripts } from './core/trusted-types.ts'
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
