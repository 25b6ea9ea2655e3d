/**
 * Times as the city reads them: WIB, 24 h, whatever the host's zone or locale. WIB is UTC+7 without daylight saving, so
 * it is worked out here; `Intl` would print `08:40 AM GMT+7` in English.
 */
const wibOffsetMs = 7 * 3_600_000
const dayMs = 86_400_000
export const wibZone = 'Asia/Jakarta'

export type Language = 'id' | 'en'

const two = (n: number): string => String(n).padStart(2, '0')
const months: Record<Language, readonly string[]> = {
  id: ['Jan', 'Feb', 'Mar', 'Apr', 'Mei', 'Jun', 'Jul', 'Agu', 'Sep', 'Okt', 'Nov', 'Des'],
  en: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
}
const days: Record<Language, readonly string[]> = {
  id: ['Min', 'Sen', 'Sel', 'Rab', 'Kam', 'Jum', 'Sab'],
  en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
}

const local = (atMs: number): Date => new Date(atMs + wibOffsetMs)
const mark = (language: Language): string => (language === 'id' ? '.' : ':')

/** `08.40.25` or `08:40:25` */
export function wibTime(atMs: number, language: Language): string {
  const at = local(atMs)
  return [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(mark(language))
}

/** `08.40` or `08:40` */
export function wibMinute(atMs: number, language: Language): string {
  const at = local(atMs)
  return [at.getUTCHours(), at.getUTCMinutes()].map(two).join(mark(language))
}

/** `Sab 21 Nov 2026` or `Sat 21 Nov 2026` */
export function wibDate(atMs: number, language: Language): string {
  const at = local(atMs)
  return `${days[language][at.getUTCDay()]} ${at.getUTCDate()} ${months[language][at.getUTCMonth()]} ${at.getUTCFullYear()}`
}

/** The time alone for a moment of the same day, else with its day: `21 Nov 08.40`. */
export function wibMoment(atMs: number, nowMs: number, language: Language): string {
  const at = local(atMs)
  const now = local(nowMs)
  if (at.toISOString().slice(0, 10) === now.toISOString().slice(0, 10)) return wibMinute(atMs, language)
  const year = at.getUTCFullYear() === now.getUTCFullYear() ? '' : ` ${at.getUTCFullYear()}`
  return `${at.getUTCDate()} ${months[language][at.getUTCMonth()]}${year} ${wibMinute(atMs, language)}`
}

/** `2026-11-24T08:40`, as a field of the browser has it; the field itself knows no zone. */
export function wibField(atMs: number): string {
  return local(atMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length)
}

/** Such a field read as WIB, whatever the host's zone; `undefined`: it is empty or no time. */
export function wibFieldMs(field: string): number | undefined {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(field) ? Date.parse(`${field}Z`) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms - wibOffsetMs
}

/** Hour of the day, 0 to 23. */
export function wibHour(atMs: number): number {
  return local(atMs).getUTCHours()
}

/** Which day it is in the city, counted from 1970. */
export function wibDayNumber(atMs: number): number {
  return Math.floor((atMs + wibOffsetMs) / dayMs)
}

/** How much of the day has gone, ms. */
export function wibDayMs(atMs: number): number {
  return atMs + wibOffsetMs - wibDayNumber(atMs) * dayMs
}

/** First millisecond of a day such as `2026-11-24`. */
export function wibDayStart(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) - wibOffsetMs
}
