import { useMemo } from 'react'
import type { SeenDevice } from '../../core/city/city.ts'
import { type BusLines, createLineFinder } from '../../core/movement/bus-lines.ts'
import { headingOf } from '../../core/movement/heading.ts'
import { useCity, useCore, useObservable } from '../../ui/core-context.tsx'

/** Which bus drives on which route now. */
export function useBusLines(buses: readonly SeenDevice[]): BusLines {
  const { tracks, site } = useCore()
  const present = useObservable(site)
  const finder = useMemo(() => createLineFinder(present), [present])
  const { moment } = useCity()
  return useMemo(() => finder.find(buses, tracks.of, (bus) => headingOf(bus, moment)), [finder, buses, tracks, moment])
}
