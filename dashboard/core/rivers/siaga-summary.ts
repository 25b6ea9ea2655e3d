import type { Attention, SiagaAttention } from '../../../domain/alarms/attention.ts'
import type { CityView, SeenDevice } from '../city/city.ts'
import type { SeenWater } from './seen-waters.ts'

/** One line about all rivers. */
export type SiagaSummary =
  /** The highest priority first. */
  | { says: 'items'; items: readonly SiagaAttention<SeenDevice>[] }
  /** `unheard`: posts of which nobody can say. */
  | { says: 'normal'; posts: number; unheard: number }
  /** No post can be heard, or nothing can be at present. */
  | { says: 'unknown' }
  /** The city measures no river, or the page does not know yet. */
  | { says: 'nothing' }

/** The state of all rivers; calm only where it is known to be. */
export function siagaSummary(
  { presence }: Pick<CityView, 'presence'>,
  attention: readonly Attention<SeenDevice>[],
  waters: readonly SeenWater[],
): SiagaSummary {
  const items = attention.filter((item) => item.kind === 'siaga')
  const told = items.filter((item) => item.siaga !== 'unknown' || (item.water.last?.siaga ?? 4) < 4)
  if (told.length > 0) return { says: 'items', items: told }
  if (presence === 'lost') return { says: 'unknown' }
  if (presence === 'never' || waters.length === 0) return { says: 'nothing' }
  const posts = waters.filter(({ siaga }) => siaga !== null).length
  return posts === 0 ? { says: 'unknown' } : { says: 'normal', posts, unheard: waters.length - posts }
}
