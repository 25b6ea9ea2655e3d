import { dayMs } from '../contract/time.ts'
import { createZone, quarterMs } from './zone.ts'

export type Language = 'id' | 'en'

/**
 * Times as the city reads them: in its own zone, 24 h, whatever the host's zone or locale. Words are ours: `Intl` would
 * print `08:40 AM GMT+7` in English.
 */
export interface CityTime {
  /** IANA name. */
  zone: string
  /** `WIB`, `WITA`, `WIT`; elsewhere what its people say at that moment (`EST`), or `GMT+8`. */
  zoneName(atMs: number): string
  /** `08.40.25` or `08:40:25` */
  time(atMs: number, language: Language): string
  /** `08.40` or `08:40` */
  minute(atMs: number, language: Language): string
  /** `Sab 21 Nov 2026` or `Sat 21 Nov 2026` */
  date(atMs: number, language: Language): string
  /** The time alone for a moment of the same day, else with its day: `21 Nov 08.40`. */
  moment(atMs: number, nowMs: number, language: Language): string
  /** `2026-11-24 08:40:25 WIB`, in any language: for files and lists. */
  stamp(atMs: number): string
  /** `2026-11-24T08:40`, as a field of the browser has it; the field itself knows no zone. */
  field(atMs: number): string
  /** Such a field read as the city's time; `undefined`: it is empty or no time. */
  fieldMs(field: string): number | undefined
  /** Hour of the day, 0 to 23. */
  hour(atMs: number): number
  /** Which day it is in the city, counted from 1970. */
  dayNumber(atMs: number): number
  /** What the city's clock shows since midnight, ms. */
  dayMs(atMs: number): number
  /** The moment at which the city's clock shows so much on a day that is counted from 1970. */
  atDayMs(dayNumber: number, shownMs: number): number
  /** First millisecond of a day such as `2026-11-24`, and the first after it; `undefined`: it is none. */
  day(day: string): { fromMs: number; toMs: number } | undefined
}

const two = (n: number): string => String(n).padStart(2, '0')
const months: Record<Language, readonly string[]> = {
  id: ['Jan', 'Feb', 'Mar', 'Apr', 'Mei', 'Jun', 'Jul', 'Agu', 'Sep', 'Okt', 'Nov', 'Des'],
  en: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
}
const days: Record<Language, readonly string[]> = {
  id: ['Min', 'Sen', 'Sel', 'Rab', 'Kam', 'Jum', 'Sab'],
  en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
}
const mark = (language: Language): string => (language === 'id' ? '.' : ':')

/** Throws RangeError where the name is no IANA time zone. */
export function createCityTime(timeZone: string): CityTime {
  const zone = createZone(timeZone)
  const zoneName = createZoneName(timeZone)
  /** Its UTC parts are what the city's clock shows. */
  const local = (atMs: number): Date => new Date(atMs + zone.offsetMs(atMs))
  const dayNumber = (atMs: number): number => Math.floor(local(atMs).getTime() / dayMs)

  function minute(atMs: number, language: Language): string {
    const at = local(atMs)
    return [at.getUTCHours(), at.getUTCMinutes()].map(two).join(mark(language))
  }

  return {
    zone: timeZone,
    zoneName,
    minute,
    dayNumber,
    time(atMs, language) {
      return minute(atMs, language) + mark(language) + two(local(atMs).getUTCSeconds())
    },
    date(atMs, language) {
      const at = local(atMs)
      return `${days[language][at.getUTCDay()]} ${at.getUTCDate()} ${months[language][at.getUTCMonth()]} ${at.getUTCFullYear()}`
    },
    moment(atMs, nowMs, language) {
      if (dayNumber(atMs) === dayNumber(nowMs)) return minute(atMs, language)
      const at = local(atMs)
      const year = at.getUTCFullYear() === local(nowMs).getUTCFullYear() ? '' : ` ${at.getUTCFullYear()}`
      return `${at.getUTCDate()} ${months[language][at.getUTCMonth()]}${year} ${minute(atMs, language)}`
    },
    stamp: (atMs) =>
      `${local(atMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replace('T', ' ')} ${zoneName(atMs)}`,
    field: (atMs) => local(atMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length),
    fieldMs(field) {
      const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(field) ? Date.parse(`${field}Z`) : Number.NaN
      return Number.isNaN(ms) ? undefined : zone.fromLocalMs(ms)
    },
    hour: (atMs) => local(atMs).getUTCHours(),
    dayMs: (atMs) => local(atMs).getTime() - dayNumber(atMs) * dayMs,
    atDayMs: (day, shownMs) => zone.fromLocalMs(day * dayMs + shownMs),
    day(day) {
      const ms = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
      if (Number.isNaN(ms)) return undefined
      return { fromMs: zone.fromLocalMs(ms), toMs: zone.fromLocalMs(ms + dayMs) }
    },
  }
}

/** Indonesian knows the names of its own zones, English those of America; elsewhere both say `GMT+8`. */
const namingLocales = ['id', 'en']

function createZoneName(timeZone: string): (atMs: number) => string {
  const formats = namingLocales.map((locale) => new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' }))
  const nameIn = (format: Intl.DateTimeFormat, atMs: number) =>
    format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? timeZone
  let known = { quarter: Number.NaN, name: timeZone }
  return (atMs) => {
    const quarter = Math.floor(atMs / quarterMs)
    if (quarter === known.quarter) return known.name
    const names = formats.map((format) => nameIn(format, atMs))
    known = { quarter, name: names.find((name) => /^[A-Z]+$/.test(name)) ?? names.at(-1) ?? timeZone }
    return known.name
  }
}

/** Until the server has said which zone it is: true on any clock, and it says so. */
export const unknownCityTime = createCityTime('UTC')
