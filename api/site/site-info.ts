import type { z } from 'zod'
import type { siteInfoSchema } from '../../contract/http/site.ts'
import type { BrokerStatus } from '../../contract/ports/control.ts'
import type { CityTime } from '../../domain/city-time.ts'

type Told = z.output<typeof siteInfoSchema>

/** What the site folder and the settings say of an installation. */
export type SiteNames = Pick<Told, 'name' | 'brand' | 'busService' | 'topicRoot'>

/** Answers `GET /site`. */
export interface SiteInfo {
  read(): Told
  busService: string | null
}

export function createSiteInfo(parts: {
  site: SiteNames
  cityTime: CityTime
  version: string
  build: string
  mqtt: () => BrokerStatus['mqtt']
  now: () => number
}): SiteInfo {
  const { version, build, now } = parts
  const { name, brand, busService, topicRoot } = parts.site
  const { zone: timeZone, zoneName } = parts.cityTime
  return {
    busService,
    read() {
      const doors = parts.mqtt()
      const mqtt = doors === null ? null : { port: doors.port, tlsPort: doors.tlsPort }
      return { name, brand, busService, timeZone, timeZoneName: zoneName(now()), topicRoot, mqtt, version, build }
    },
  }
}
