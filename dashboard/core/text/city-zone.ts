import { type CityTime, createCityTime, unknownCityTime } from '../../../domain/city-time.ts'
import { createObservable, type Observable } from '../kit/observable.ts'

export interface CityZone {
  /** UTC, which says so, until the server has told. */
  time: Observable<CityTime>
  /** False until the server was asked once: a page need not be drawn for that moment. */
  asked: Observable<boolean>
  /** Asks the server, and again until it has told; to be called again after it was away. */
  ask(): void
}

const path = '/api/v1/site'
const askAgainMs = 5000
/** A server that hangs must not keep a page dark. */
const waitedForMs = 1500

/** Follows the zone that the server says the city is in. It tells everybody, signed in or not. */
export function createCityZone({ fetching }: { fetching: (path: string) => Promise<Response> }): CityZone {
  const time = createObservable(unknownCityTime)
  const asked = createObservable(false)
  let again: ReturnType<typeof setTimeout> | undefined

  async function ask(): Promise<void> {
    clearTimeout(again)
    const tooLate = setTimeout(() => asked.set(true), waitedForMs)
    try {
      const zone = zoneOf(await (await fetching(path)).json())
      if (zone !== time.get().zone) time.set(createCityTime(zone))
    } catch {
      again = setTimeout(() => void ask(), askAgainMs)
    }
    clearTimeout(tooLate)
    asked.set(true)
  }

  return { time, asked, ask: () => void ask() }
}

function zoneOf(answer: unknown): string {
  const zone: unknown = Object(answer).timeZone
  if (typeof zone !== 'string') throw new TypeError('no time zone')
  return zone
}
