import type { Metric } from '../../../contract/metrics.ts'
import type { Kind } from '../../../contract/topics.ts'
import { type CityTime, type Language, unknownCityTime } from '../../../domain/city-time.ts'
import { profileLabel } from '../../../domain/profile-label.ts'
import en from '../../i18n/en.json' with { type: 'json' }
import id from '../../i18n/id.json' with { type: 'json' }
// biome-ignore lint/correctness/useJsonImportAttributes: an import of a type alone takes none.
import type consoleTexts from '../../i18n/id-console.json'
// biome-ignore lint/correctness/useJsonImportAttributes: an import of a type alone takes none.
import type failureTexts from '../../i18n/id-failures.json'
// biome-ignore lint/correctness/useJsonImportAttributes: an import of a type alone takes none.
import type flowTexts from '../../i18n/id-flow.json'
// biome-ignore lint/correctness/useJsonImportAttributes: an import of a type alone takes none.
import type manualTexts from '../../i18n/id-manual.json'
import { type Known, unknown } from '../city/known.ts'
import { type CityNames, noNames } from './site-info.ts'

export type ConsoleTextKey = keyof typeof consoleTexts
export type FailureTextKey = keyof typeof failureTexts
export type FlowTextKey = keyof typeof flowTexts
export type ManualTextKey = keyof typeof manualTexts
export type TextKey = keyof typeof id | ConsoleTextKey | FailureTextKey | FlowTextKey | ManualTextKey
export type TextParams = Record<string, string | number>

const texts: Record<Language, Partial<Record<TextKey, string>>> = { id, en }

/** Words that only some pages have: they come with the code of those, so that no wall waits for them. */
export function addTexts<Key extends ConsoleTextKey | FailureTextKey | FlowTextKey | ManualTextKey>(
  more: Record<Language, Record<Key, string>>,
): void {
  for (const language of ['id', 'en'] as const) texts[language] = { ...texts[language], ...more[language] }
}

const locales: Record<Language, string> = { id: 'id-ID', en: 'en-US' }

/** Everything that depends on the language: words, numbers, times, ages. */
export interface Translator {
  language: Language
  t(key: TextKey, params?: TextParams): string
  has(key: string): key is TextKey
  number(value: number, decimals?: number): string
  /** `412 MB`, `82,8 GB`: decimal units, as disks are sold (IEC 80000-13). */
  bytes(value: number): string
  /** `7 dtk`, `3 mnt`, `2 j 28 mnt`, `4 hr` */
  age(ageMs: number): string
  time(atMs: number): string
  minute(atMs: number): string
  date(atMs: number): string
  moment(atMs: number, nowMs: number): string
  /** What the city's time is called at a moment: `WIB`. */
  zone(atMs: number): string
  cityTime: CityTime
  /** A number, or the dash of what nobody knows. */
  count(value: Known<number>, decimals?: number): string
  /** `12/15`, with a dash for what nobody knows. */
  share(part: Known<number>, whole: Known<number>): string
  label(label: { id: string; en: string }): string
  /** Name of a profile, as the city has it. */
  profile(profile: { kind: Kind; label: { id: string; en: string } }): string
  /** A metric's value with its unit. */
  measure(value: number | boolean, metric: Pick<Metric, 'unit' | 'decimals' | 'type'> | undefined): string
}

function fill(text: string, params: TextParams | undefined): string {
  if (params === undefined) return text
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}

type Measured = Pick<Metric, 'unit' | 'decimals' | 'type'>
/** Units that stand right behind the figure. */
const tight: readonly string[] = ['', '°', '%']
/** Stands where a number would, of what nobody knows. */
const notKnown = '—'
const megabyte = 1e6
const gigabyte = 1e9
const secondMs = 1000
const minuteS = 60
const hourS = 3600
const dayS = 86_400

export function createTranslator(
  language: Language,
  cityTime: CityTime = unknownCityTime,
  { brand, busService }: CityNames = noNames,
): Translator {
  const formats = new Map<number, Intl.NumberFormat>()
  /** Words that the city itself gives. */
  const own: Partial<Record<TextKey, string>> = {
    ...(brand !== '' && { 'app.name': brand }),
    ...(busService !== null && { 'view.bus': busService, 'tile.bus': busService }),
  }
  const t = (key: TextKey, params?: TextParams): string => own[key] ?? fill(texts[language][key] ?? key, params)

  function number(value: number, decimals = 0): string {
    let format = formats.get(decimals)
    if (format === undefined) {
      const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
      format = new Intl.NumberFormat(locales[language], digits)
      formats.set(decimals, format)
    }
    return format.format(value)
  }

  const count = (value: Known<number>, decimals = 0): string => (value === unknown ? notKnown : number(value, decimals))

  function bytes(value: number): string {
    return value < gigabyte ? `${number(value / megabyte)} MB` : `${number(value / gigabyte, 1)} GB`
  }

  function age(ageMs: number): string {
    const s = Math.floor(Math.max(0, ageMs) / secondMs)
    if (s < minuteS) return t('age.s', { s })
    if (s < hourS) return t('age.m', { m: Math.floor(s / minuteS) })
    if (s < dayS) return t('age.hm', { h: Math.floor(s / hourS), m: Math.floor((s % hourS) / minuteS) })
    return t('age.d', { d: Math.floor(s / dayS) })
  }

  function amount(value: number, metric: Measured | undefined): string {
    // A time is read as a time.
    if (metric?.unit === 's') return age(value * secondMs)
    const shown = number(value, metric?.decimals ?? (Number.isInteger(value) ? 0 : 2))
    const unit = metric?.unit ?? ''
    return tight.includes(unit) ? `${shown}${unit}` : `${shown} ${unit === 'km/h' ? t('unit.kmh') : unit}`
  }

  function measure(value: number | boolean, metric: Measured | undefined): string {
    if (typeof value === 'boolean') return t(value ? 'value.yes' : 'value.no')
    if (metric?.type === 'boolean') return t(value >= 0.5 ? 'value.yes' : 'value.no')
    return amount(value, metric)
  }

  return {
    language,
    cityTime,
    t,
    number,
    count,
    bytes,
    age,
    measure,
    share: (part, whole) => (part === unknown && whole === unknown ? notKnown : `${count(part)}/${count(whole)}`),
    has: (key): key is TextKey => Object.hasOwn(texts[language], key),
    time: (atMs) => cityTime.time(atMs, language),
    minute: (atMs) => cityTime.minute(atMs, language),
    date: (atMs) => cityTime.date(atMs, language),
    moment: (atMs, nowMs) => cityTime.moment(atMs, nowMs, language),
    zone: cityTime.zoneName,
    label: (label) => label[language],
    profile: (profile) => profileLabel(profile, busService)[language],
  }
}
