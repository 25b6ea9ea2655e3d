export interface LocalTime {
  /** Hour of the local day, 0 to 24 with fraction. */
  hour: number
  weekend: boolean
  /** Days since 1970 in local time. */
  day: number
}

const dayMs = 86_400_000

/** A city's clock: local hour and day of a moment. The zone's offset is asked for once an hour. */
export function createLocalClock(timeZone: string): (nowMs: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  let known = { hour: Number.NaN, offsetMs: 0 }
  return (nowMs) => {
    const utcHour = Math.floor(nowMs / 3_600_000)
    if (utcHour !== known.hour) known = { hour: utcHour, offsetMs: offsetMs(format, nowMs) }
    const localMs = nowMs + known.offsetMs
    const day = Math.floor(localMs / dayMs)
    // 1970-01-01 was a Thursday.
    const weekday = (((day + 4) % 7) + 7) % 7
    return { hour: (localMs - day * dayMs) / 3_600_000, weekend: weekday === 0 || weekday === 6, day }
  }
}

function offsetMs(format: Intl.DateTimeFormat, nowMs: number): number {
  const text = format.formatToParts(nowMs).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d{2}):(\d{2}))?$/.exec(text) ?? []
  if (hours === undefined || minutes === undefined) return 0
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}
