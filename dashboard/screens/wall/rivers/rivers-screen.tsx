import '../../../styles/rivers.css'
import { property } from '../../../core/site.ts'
import { useCore, useObservable } from '../../../ui/core-context.tsx'
import { Panels, type ScreenProps } from '../panels.tsx'
import { RiverPanel } from './river-panel.tsx'

/** S4: which river rises, how fast, and what that means at each post. */
export function RiversScreen({ glass, only }: ScreenProps) {
  const { rivers } = useObservable(useCore().site)
  const ids = rivers.map((river) => property(river, 'id'))
  const of = Object.fromEntries(
    rivers.map((river) => {
      const id = property(river, 'id')
      return [id, <RiverPanel key={id} riverId={id} name={property(river, 'name')} />]
    }),
  )
  return (
    <Panels glass={glass} only={only} of={of} shown={{ wide: ids, single: ids, desk: ids, focus: ids, phone: ids }} />
  )
}
