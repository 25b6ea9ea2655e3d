import { Component, type ReactNode } from 'react'
import { useCore, useText } from './core-context.tsx'

interface BoundaryProps {
  children: ReactNode
  onFailed: () => void
  fallback: (restart: () => void) => ReactNode
}

/** A panel that fails takes nobody with it, and tries again by itself. */
class Boundary extends Component<BoundaryProps, { failed: boolean }> {
  override state: { failed: boolean } = { failed: false }
  timer: ReturnType<typeof setTimeout> | undefined
  static getDerivedStateFromError() {
    return { failed: true }
  }
  override componentDidCatch() {
    this.props.onFailed()
    this.timer = setTimeout(this.restart, restartAfterMs)
  }
  override componentWillUnmount() {
    clearTimeout(this.timer)
  }
  restart = () => this.setState({ failed: false })
  override render() {
    return this.state.failed ? this.props.fallback(this.restart) : this.props.children
  }
}

const restartAfterMs = 1500

export function PanelBoundary({ children }: { children: ReactNode }) {
  const core = useCore()
  const text = useText()
  return (
    <Boundary
      onFailed={core.panelFailed}
      fallback={(restart) => (
        <div className="panel-failed" role="status">
          <p>{text.t('panel.failed')}</p>
          <button type="button" onClick={restart}>
            {text.t('panel.restart')}
          </button>
        </div>
      )}
    >
      {children}
    </Boundary>
  )
}

interface PanelHead {
  name: string
  title: string
  aside?: ReactNode
}

function Head({ title, aside }: PanelHead) {
  return (
    <header className="panel-head">
      <h2>{title}</h2>
      {aside !== undefined && <span className="panel-aside">{aside}</span>}
    </header>
  )
}

/** A part of a screen with a heading of its own. */
export function Panel({ children, ...head }: PanelHead & { children: ReactNode }) {
  return (
    <section className={`panel panel-${head.name}`} aria-label={head.title}>
      <PanelBoundary>
        <Head {...head} />
        {children}
      </PanelBoundary>
    </section>
  )
}

/** A panel in two parts, which stand on two monitors where the glass has two rows of them. */
export function HalvedPanel({ top, bottom, ...head }: PanelHead & { top: ReactNode; bottom: ReactNode }) {
  return (
    <section className={`panel panel-${head.name}`} aria-label={head.title}>
      <PanelBoundary>
        <div className="halves">
          <div className="half">
            <Head {...head} />
            {top}
          </div>
          <div className="half">{bottom}</div>
        </div>
      </PanelBoundary>
    </section>
  )
}
