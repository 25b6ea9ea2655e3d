import type { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import { stateResponseSchema } from '../../contract/http/devices.ts'
import { metricDictionarySchema, profileListSchema, siteInfoSchema } from '../../contract/http/site.ts'
import { metrics } from '../../contract/metrics.ts'
import type { Profile } from '../../contract/profile.ts'
import { defineRoute, type Route, v1 } from '../http/route.ts'
import type { City } from '../live/city.ts'

export type SiteInfo = z.output<typeof siteInfoSchema>

export interface StateRouteParts {
  city: City
  profiles: readonly Profile[]
  site: SiteInfo
  now: () => number
}

/** The present state, and what a page must know to draw it. */
export function stateRoutes({ city, profiles, site, now }: StateRouteParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: `${v1}/state`,
      tag: 'state',
      summary: 'All devices as the wall sees them now',
      access: abilities.view,
      input: {},
      answer: stateResponseSchema,
      handle: () => ({ at: new Date(now()).toISOString(), devices: [...city.views()] }),
    }),
    defineRoute({
      method: 'get',
      path: `${v1}/site`,
      tag: 'site',
      summary: 'Name, time zone and version of this installation',
      access: 'public',
      input: {},
      answer: siteInfoSchema,
      handle: () => site,
    }),
    defineRoute({
      method: 'get',
      path: `${v1}/profiles`,
      tag: 'site',
      summary: 'What devices there can be',
      access: abilities.signedIn,
      input: {},
      answer: profileListSchema,
      handle: () => ({ items: profiles.map(profileInfo) }),
    }),
    defineRoute({
      method: 'get',
      path: `${v1}/metrics`,
      tag: 'site',
      summary: 'The dictionary of measured quantities',
      access: abilities.signedIn,
      input: {},
      answer: metricDictionarySchema,
      handle: () => metrics,
    }),
  ]
}

function profileInfo({ id, kind, label, marker, moving, expectedS, metrics: names }: Profile) {
  return { id, kind, label, marker, moving, expectedS, metrics: [...names] }
}
