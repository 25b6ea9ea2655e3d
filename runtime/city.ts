import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Site, siteFiles, siteSchema } from '../contract/site/schema.ts'
import { isTimeZone } from './setting-types.ts'

/** The city that this installation works for, as its site folder and the settings name it. */
export interface CityFacts {
  /** Empty where the folder does not say. */
  name: string
  /** Name of the command centre itself. */
  brand: string
  /** Name of the city's bus service; `null`: it has none of its own. */
  busService: string | null
  /** Name of the province; empty where the folder does not say. */
  province: string
  /** IANA name, known to this Node. */
  timeZone: string
  /** `undefined` where the folder does not say. */
  bbox: Site['info']['bbox'] | undefined
}

interface ReadCity {
  city: CityFacts
  /** What keeps the system from starting, as sentences. */
  faults: string[]
  /** What somebody should know who starts it, as sentences. */
  notices: string[]
}

/** An older folder may lack what was added to the file later. */
const infoSchema = siteSchema.shape.info
  .pick({ name: true, brand: true, busService: true, province: true, timeZone: true, bbox: true })
  .partial({ province: true, timeZone: true, bbox: true })

export interface CityQuestion {
  siteDir: string
  /** `BCC_TIMEZONE`, where it is set to a zone that there is. */
  zoneGiven: string | undefined
  /** The zone where neither the setting nor the folder names one. */
  zoneDefault: string
}

/** Reads `site.json` of a site folder. `BCC_TIMEZONE` goes before the zone of the file. */
export function readCity({ siteDir, zoneGiven, zoneDefault }: CityQuestion): ReadCity {
  const file = join(siteDir, siteFiles.info)
  const timeZone = zoneGiven ?? zoneDefault
  const nobody: CityFacts = { name: '', brand: brandOf(''), busService: null, province: '', timeZone, bbox: undefined }
  if (!existsSync(file)) {
    const notice = `BCC_SITE_DIR: there is no ${file}; the city has no name, and its time zone is ${timeZone}.`
    return { city: nobody, faults: [], notices: [notice] }
  }
  const info = readInfo(file)
  if ('fault' in info) return { city: nobody, faults: [info.fault], notices: [] }
  const { name, brand = brandOf(name), busService = null, province = '', bbox } = info
  const zone = chooseZone(file, info.timeZone, { zoneGiven, zoneDefault })
  return {
    city: { name, brand, busService, province, timeZone: zone.timeZone, bbox },
    faults: zone.fault === undefined ? [] : [zone.fault],
    notices: zone.notice === undefined ? [] : [zone.notice],
  }
}

function brandOf(name: string): string {
  return `${name} Command Center`.trim()
}

function readInfo(file: string) {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const { code } = Object(error)
    const words = code === undefined ? 'is not JSON' : `cannot be read (${code})`
    return { fault: `BCC_SITE_DIR: ${file} ${words}.` }
  }
  const parsed = infoSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return { fault: `BCC_SITE_DIR: ${file} is wrong at "${issue?.path.join('.')}": ${issue?.message}.` }
}

function chooseZone(
  file: string,
  ofSite: string | undefined,
  { zoneGiven, zoneDefault }: Pick<CityQuestion, 'zoneGiven' | 'zoneDefault'>,
): { timeZone: string; fault?: string; notice?: string } {
  const timeZone = zoneGiven ?? ofSite ?? zoneDefault
  if (ofSite === undefined) {
    if (zoneGiven !== undefined) return { timeZone }
    return { timeZone, notice: `BCC_SITE_DIR: ${file} names no time zone; it is taken to be ${timeZone}.` }
  }
  if (!isTimeZone(ofSite)) {
    const words = `BCC_SITE_DIR: ${file} names the time zone ${JSON.stringify(ofSite)}, which is none`
    if (zoneGiven === undefined) return { timeZone, fault: `${words}: name one such as ${zoneDefault}.` }
    return { timeZone, notice: `${words}; BCC_TIMEZONE goes before it: times are those of ${zoneGiven}.` }
  }
  if (zoneGiven === undefined || isSameZone(zoneGiven, ofSite)) return { timeZone }
  const notice = `BCC_TIMEZONE goes before the site folder: times are those of ${zoneGiven}, though ${file} names ${ofSite}.`
  return { timeZone, notice }
}

/** One zone may have several names, and any case. */
function isSameZone(one: string, other: string): boolean {
  const canonical = (name: string) => new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  return canonical(one) === canonical(other)
}
