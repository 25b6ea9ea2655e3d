import type { GroundRenderer } from '../../../layers/city-map.ts'
import { useText } from '../../../ui/core-context.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'

const legend = ['online', 'stale', 'offline', 'frozen'] as const

/** What the marks mean, and what the map lacks. */
export function MapLegend({ renderer, missing }: { renderer: GroundRenderer; missing: readonly string[] }) {
  const text = useText()
  return (
    <footer className="map-legend">
      {legend.map((state) => (
        <span key={state} className="legend-item">
          <StateMark state={state} />
          {text.t(`state.${state}`)}
        </span>
      ))}
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
