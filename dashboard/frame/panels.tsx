import type { ReactNode } from 'react'
import type { Glass, WallLayout } from '../core/wall/display-geometry.ts'
import { placePanels, type WantedPanel } from '../core/wall/panel-layout.ts'
import { useText } from '../ui/core-context.tsx'
import { PanelBoundary } from '../ui/panel.tsx'
import { PlacesProvider } from '../ui/place.tsx'
import { frameOf, inView } from './frame.ts'

export interface ViewProps {
  glass: Glass
  /** One panel alone, by its name; all that the layout holds when absent. */
  only: string | undefined
}

export interface PanelsOfView {
  of: Record<string, ReactNode>
  /** On one monitor: which panels each layout holds; where they stand is in the view's style sheet. */
  shown: Record<Exclude<WallLayout, 'tiled'>, readonly string[]>
  /** On several monitors. */
  tiled: readonly WantedPanel[]
}

/** The panels that a layout holds, each alone with what may befall it. */
export function Panels({ of, shown, tiled, only, glass }: ViewProps & PanelsOfView) {
  if (only !== undefined && !Object.hasOwn(of, only)) return <NoPanel names={Object.keys(of)} />
  if (glass.layout === 'tiled') return <TiledPanels of={of} tiled={tiled} only={only} glass={glass} />
  const names = only === undefined ? shown[glass.layout] : [only]
  return names.map((name) => (
    <PanelBoundary key={name} name={name}>
      {of[name]}
    </PanelBoundary>
  ))
}

function TiledPanels({ of, tiled, only, glass }: Pick<PanelsOfView, 'of' | 'tiled'> & ViewProps) {
  const alone = tiled.find(({ name }) => name === only) ?? { name: only ?? '', likes: 1, most: 1 }
  const wanted = only === undefined ? tiled : [{ ...alone, likes: alone.most, spare: false }]
  const places = placePanels(glass, wanted, frameOf(glass))
  return Object.entries(places)
    .filter(([, all]) => all.some((place) => inView(place, glass)))
    .map(([name, all]) => (
      <PlacesProvider key={name} value={all}>
        <PanelBoundary name={name}>{of[name]}</PanelBoundary>
      </PlacesProvider>
    ))
}

/** An address of a panel that there is not; with those that there are. */
function NoPanel({ names }: { names: readonly string[] }) {
  const text = useText()
  return (
    <section className="no-panel">
      <p>{text.t('panel.none')}</p>
      <ul>
        {names.map((name) => (
          <li key={name}>
            <a href={name}>{name}</a>
          </li>
        ))}
      </ul>
    </section>
  )
}
