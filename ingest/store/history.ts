import { StoreUnavailableError, type TelemetryReader } from '../../contract/ports.ts'

/** After a failure the configured engine is left alone for this long, so that not every page waits for its timeout. */
const restMs = 5000

/** Reads the configured engine where it answers, else the local one; the answer says which it was. */
export function createHistory({
  configured,
  local,
  now = Date.now,
}: {
  configured: TelemetryReader | undefined
  local: TelemetryReader
  now?: () => number
}): TelemetryReader {
  if (configured === undefined) return local
  let restUntilMs = 0

  async function first<T>(read: (reader: TelemetryReader) => Promise<T>): Promise<T> {
    if (configured !== undefined && now() >= restUntilMs) {
      try {
        return await read(configured)
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error
        restUntilMs = now() + restMs
      }
    }
    return read(local)
  }

  return {
    engine: configured.engine,
    range: (query) => first((reader) => reader.range(query)),
    city: (query) => first((reader) => reader.city(query)),
    // The newest reading of each device is asked where it is quickest, whatever the engine (storage: 5 ms to 500 ms).
    latest: () => local.latest(),
  }
}
