import { Component, type ReactNode, useCallback, useState } from 'react'
import { useCore, useText } from './core-context.tsx'
import { placeStyle, usePlaces } from './place.tsx'

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

const restartAfterMs = 1000

/** Lets the boundary above catch what fails outside React: in a drawing, or in something awaited. */
export function useFault(): (error: unknown) => void {
  const [fault, setFault] = useState<{ error: unknown } | null>(null)
  const fail = useCallback((error: unknown) => setFault({ error }), [])
  if (fault !== null) throw fault.error
  return fail
}

/** `name`: of a whole panel, where it stands while it is started again. */
export function PanelBoundary({ name, children }: { name?: string; children: ReactNode }) {
  const core = useCore()
  const text = useText()
  const place = usePlaces()?.[0]
  const whole = name !== undefined
  return (
    <Boundary
      onFailed={core.panelFailed}
      fallback={(restart) => (
        <div
          className={whole ? 'panel panel-failed' : 'panel-failed'}
          style={whole ? placeStyle(place) : undefined}
          data-panel={name}
          role="status"
        >
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

/** A part of a view with a heading of its own. */
export function Panel({ children, ...head }: PanelHead & { children: ReactNode }) {
  const place = usePlaces()?.[0]
  return (
    <section className={`panel panel-${head.name}`} aria-label={head.title} style={placeStyle(place)}>
      <PanelBoundary>
        <Head {...head} />
        {children}
      </PanelBoundary>
    </section>
  )
}

/** A panel that can be parted over several monitors: one part for each of its places, one where it has none. */
export function PartedPanel({ parts, ...head }: PanelHead & { parts: readonly ReactNode[] }) {
  const places = usePlaces()
  return parts.map((part, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a part is what stands on its monitor.
    <section key={i} className={`panel panel-${head.name}`} aria-label={head.title} style={placeStyle(places?.[i])}>
      <PanelBoundary>
        {i === 0 && <Head {...head} />}
        {part}
      </PanelBoundary>
    </section>
  ))
}
