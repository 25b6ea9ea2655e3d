import { Component, type ReactNode } from 'react'
import { useText } from './core-context.tsx'

interface BoundaryProps {
  children: ReactNode
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
  const text = useText()
  return (
    <Boundary
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

/** A part of a screen with a heading of its own. */
export function Panel(props: { name: string; title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={`panel panel-${props.name}`} aria-label={props.title}>
      <PanelBoundary>
        <header className="panel-head">
          <h2>{props.title}</h2>
          {props.aside !== undefined && <span className="panel-aside">{props.aside}</span>}
        </header>
        {props.children}
      </PanelBoundary>
    </section>
  )
}
