import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react'
import type { Ability } from '../../contract/abilities.ts'
import type { CityView } from '../core/city/city.ts'
import { can } from '../core/connection/session.ts'
import type { Core } from '../core/create-core.ts'
import type { Observable } from '../core/kit/observable.ts'
import type { Translator } from '../core/text/translate.ts'

const CoreContext = createContext<Core | null>(null)

export function CoreProvider({ core, children }: { core: Core; children: ReactNode }) {
  return <CoreContext value={core}>{children}</CoreContext>
}

export function useCore(): Core {
  const core = useContext(CoreContext)
  if (core === null) throw new Error('useCore outside CoreProvider')
  return core
}

export function useObservable<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, observable.get)
}

/** The city, renewed once or twice a second. */
export function useCity(): CityView {
  return useObservable(useCore().city)
}

/** Words, numbers and times in the chosen language. */
export function useText(): Translator {
  return useObservable(useCore().preferences.translator)
}

/** Whether whoever is signed in may; the server decides again. */
export function useAble(ability: Ability): boolean {
  return can(useObservable(useCore().session), ability)
}
