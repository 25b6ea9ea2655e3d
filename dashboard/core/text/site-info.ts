import { type CityTime, createCityTime, unknownCityTime } from '../../../domain/city-time.ts'
import { createObservable, type Observable } from '../kit/observable.ts'

/** What the city calls its own things. */
export interface CityNames {
  /** Name of the command centre; empty until the server has told. */
  brand: string
  /** Name of the bus service; `null` where there is none. */
  busService: string | null
}

export const noNames: CityNames = { brand: '', busService: null }

export interface ToldSite {
  /** UTC, which says so, until the server has told. */
  time: Observable<CityTime>
  names: Observable<CityNames>
  /** False until the server was asked once: a page need not be drawn for that moment. */
  asked: Observable<boolean>
  /** Asks the server, and again until it has told; to be called again after it was away. */
  ask(): void
}

const path = '/api/v1/site'
const askAgainMs = 5000
/** A server that hangs must not keep a page dark. */
const waitedForMs = 1500

/** Follows the zone and the names that the server says the city has. It tells everybody, signed in or not. */
export function createToldSite({ fetching }: { fetching: (path: string) => Promise<Response> }): ToldSite {
  const time = createObservable(unknownCityTime)
  const names = createObservable(noNames)
  const asked = createObservable(false)
  let again: ReturnType<typeof setTimeout> | undefined

  async function ask(): Promise<void> {
    clearTimeout(again)
    const tooLate = setTimeout(() => asked.set(true), waitedForMs)
    try {
      const answer: unknown = await (await fetching(path)).json()
      const zone = zoneOf(answer)
      if (zone !== time.get().zone) time.set(createCityTime(zone))
      const told = namesOf(answer)
      const { brand, busService } = names.get()
      if (told.brand !== brand || told.busService !== busService) names.set(told)
    } catch {
      again = setTimeout(() => void ask(), askAgainMs)
    }
    clearTimeout(tooLate)
    asked.set(true)
  }

  return { time, names, asked, ask: () => void ask() }
}

function zoneOf(answer: unknown): string {
  const zone: unknown = Object(answer).timeZone
  if (typeof zone !== 'string') throw new TypeError('no time zone')
  return zone
}

function namesOf(answer: unknown): CityNames {
  const { brand, busService } = Object(answer)
  return {
    brand: typeof brand === 'string' ? brand : noNames.brand,
    busService: typeof busService === 'string' ? busService : noNames.busService,
  }
}
