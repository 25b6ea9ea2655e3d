import { abilities } from '../../contract/abilities.ts'
import { commandsOf } from '../../contract/command.ts'
import { stateResponseSchema } from '../../contract/http/devices.ts'
import { metricDictionarySchema, profileListSchema, siteInfoSchema } from '../../contract/http/site.ts'
import { metrics } from '../../contract/metrics.ts'
import type { Profile } from '../../contract/profile.ts'
import { iso } from '../../contract/time.ts'
import { profileLabel } from '../../domain/profile-label.ts'
import { defineRoute, type Route, v1 } from '../http/route.ts'
import type { City } from '../live/city.ts'
import type { SiteInfo } from '../site/site-info.ts'

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
      handle: () => ({ at: iso(now()), devices: [...city.views()] }),
    }),
    defineRoute({
      method: 'get',
      path: `${v1}/site`,
      tag: 'site',
      summary: 'City, time zone, ways in and version of this installation',
      access: 'public',
      input: {},
      answer: siteInfoSchema,
      handle: site.read,
    }),
    defineRoute({
      method: 'get',
      path: `${v1}/profiles`,
      tag: 'site',
      summary: 'What devices there can be',
      access: abilities.signedIn,
      input: {},
      answer: profileListSchema,
      handle: () => ({ items: profiles.map((profile) => profileInfo(profile, site.busService)) }),
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

function profileInfo(profile: Profile, busService: string | null) {
  const { id, kind, marker, moving, expectedS, metrics: names } = profile
  const commands = Object.entries(commandsOf(profile)).map(([name, { label, dangerous = false, args = [] }]) => ({
    ...{ name, label, dangerous },
    args: args.map((arg) => ({ ...arg, optional: arg.optional === true })),
  }))
  const label = profileLabel(profile, busService)
  return { id, kind, label, marker, moving, expectedS, metrics: [...names], commands }
}
