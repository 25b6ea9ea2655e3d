import { findMetric } from '../../contract/metrics.ts'
import type { SiagaAttention } from '../../domain/alarms/attention.ts'
import { levelMetric, nextSiaga, type RiverPost, type Siaga } from '../../domain/rivers/siaga.ts'
import type { WaterTrend } from '../../domain/rivers/water-trend.ts'
import type { SeenDevice } from '../core/city/city.ts'
import { hideAfterLostMs, type Moment } from '../core/city/live.ts'
import type { SeenWater } from '../core/rivers/seen-waters.ts'
import type { Translator } from '../core/text/translate.ts'
import { useText } from './core-context.tsx'

/** Form and number of a siaga, so that colour is never needed. */
const signs: Record<Siaga | 'unknown', string> = { 1: '◆1', 2: '▲2', 3: '●3', 4: '', unknown: '?' }

/** What lists call a post: without the words that all have. */
export const shortName = ({ name }: Pick<RiverPost, 'name'>): string => name.replace(/^Pos Duga Air /, '')

const levelWords = (levelM: number, text: Translator): string => text.measure(levelM, findMetric(levelMetric))

/** `Siaga 2 · kritis` */
export const siagaName = (siaga: Siaga | null | 'unknown', text: Translator): string =>
  text.t(`river.siaga.${siaga ?? 'unknown'}`)

/** The mark of a siaga in the page: none where nobody can say. */
export const shownSiaga = (siaga: Siaga | 'unknown' | null | undefined): Siaga | undefined =>
  siaga === 'unknown' || siaga === null ? undefined : siaga

/** The sign of a siaga on its own ground. */
export function SiagaSign({ siaga }: { siaga: Siaga | 'unknown' }) {
  return (
    <b className="siaga-sign" data-siaga={shownSiaga(siaga)} aria-hidden="true">
      {signs[siaga]}
    </b>
  )
}

/** A siaga where there is little room: its word goes before its sign does. */
export function ShortPlate({ siaga }: { siaga: Siaga | null }) {
  const text = useText()
  const sign = signs[siaga ?? 'unknown']
  return (
    <span className="siaga-plate" data-siaga={shownSiaga(siaga)}>
      {sign.slice(0, -1)}
      <span className="plate-word"> {text.t('siaga.word')} </span>
      {sign.slice(-1)}
    </span>
  )
}

/** A siaga in its sign and its words. */
export function SiagaPlate({ siaga }: { siaga: Siaga | null }) {
  const text = useText()
  return (
    <span className="siaga-plate" data-siaga={shownSiaga(siaga)}>
      {`${siaga === null ? '' : signs[siaga]} ${siagaName(siaga, text)}`.trim()}
    </span>
  )
}

/** `naik 42 cm/jam`, `puncak 01.02 · turun 40 cm/jam`, or that nobody can say. */
export function trendWords({ rateCmPerHour, crest }: WaterTrend, text: Translator): string {
  const rounded = rateCmPerHour === null ? null : Math.round(rateCmPerHour)
  const n = text.number(Math.abs(rounded ?? 0))
  const rate =
    rounded === null
      ? text.t(crest === null ? 'river.rise.unknown' : 'river.rise.turned')
      : text.t(rounded > 0 ? 'river.rise.up' : rounded < 0 ? 'river.rise.down' : 'river.rise.level', { n })
  return crest === null ? rate : `${text.t('river.crest', { time: text.minute(crest.atMs) })} · ${rate}`
}

/** When the next graver siaga comes if the water goes on as it does; '' where nobody can say so. */
export function nextWords({ levelM, post, trend }: SeenWater, text: Translator): string {
  const next = levelM === null ? null : nextSiaga(levelM, post.siagaM, trend)
  return next === null ? '' : text.t('river.next', { n: next.siaga, age: text.age(next.inMs) })
}

/** What was heard last of a post of which nobody can say more. */
function beforeWords({ last }: SeenWater, text: Translator, moment: Moment): string {
  if (last === null) return ''
  const isOld = moment.lostForMs !== null && moment.lostForMs > hideAfterLostMs
  const facts = [siagaName(last.siaga, text), ...(isOld ? [] : [levelWords(last.levelM, text)])].join(' · ')
  return text.t('river.before', { facts, time: text.moment(last.atMs, moment.nowMs) })
}

export interface SiagaWords {
  /** Which post, and its siaga. */
  title: string
  level: string
  /** What else there is to say: limit, rate, forecast. */
  details: readonly string[]
}

/** What to say of a post that needs attention, the most telling first. */
export function siagaWords({ siaga, water }: SiagaAttention<SeenDevice>, text: Translator, moment: Moment): SiagaWords {
  const name = shortName(water.post)
  const title = `${name}: ${siagaName(siaga, text)}`
  if (siaga === 'unknown') return { title, level: '', details: [beforeWords(water, text, moment)] }
  const { levelM, post, trend, byHand } = water
  const limit = text.t('river.limit', { level: levelWords(post.siagaM[siaga], text) })
  const read =
    byHand === null ? '' : text.t('manual.readAt', { age: text.age(Math.max(0, moment.nowMs - byHand.atMs)) })
  const details = [read, limit, trendWords(trend, text), nextWords(water, text)].filter((words) => words !== '')
  return {
    title: byHand === null ? title : `${title} · ${text.t('manual.mark')}`,
    level: levelM === null ? '—' : levelWords(levelM, text),
    details,
  }
}
