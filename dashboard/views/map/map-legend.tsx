import type { GroundRenderer } from '../../map/gl-ground.ts'
import { useText } from '../../ui/core-context.tsx'
import { StateMark } from '../../ui/state-mark.tsx'

const legend = ['online', 'stale', 'offline', 'frozen'] as const

/** What the marks mean, and what the map lacks. */
export function MapLegend(props: { renderer: GroundRenderer; missing: readonly string[]; clustered: boolean }) {
  const { renderer, missing, clustered } = props
  const text = useText()
  return (
    <footer className="map-legend">
      {legend.map((state) => (
        <span key={state} className="legend-item">
          <StateMark state={state} />
          {text.t(`state.${state}`)}
        </span>
      ))}
      {clustered && (
        <span className="legend-item" data-legend="clusters">
          <svg className="state-mark" viewBox="-12 -12 24 24" aria-hidden="true">
            <circle r="10" className="mark-line" />
            <circle r="3" className="mark-fill" />
          </svg>
          {text.t('map.clusters')}
        </span>
      )}
      {renderer === 'lite' && (
        <span className="pill" data-pill="lite">
          {text.t('map.lite')}
        </span>
      )}
      {missing.length > 0 && (
        <span className="pill" data-pill="map-missing">
          {text.t('map.missing', { files: missing.join(', ') })}
        </span>
      )}
    </footer>
  )
}
