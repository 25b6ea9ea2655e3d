import type { Glazing, Monitor } from '../../../contract/display-geometry.ts'
import type { WallSettings } from '../../../contract/http/walls.ts'
import { parsePlaylist } from './playlist.ts'

/** A wall's settings as a form holds them: text alone. */
export interface WallFields {
  name: string
  arrangement: 'grid' | 'list'
  cols: string
  rows: string
  width: string
  height: string
  inches: string
  /** A monitor a line: `x,y WxH inches`. */
  monitors: string
  bezelMm: string
  farthestViewerM: string
  theme: WallSettings['theme']
  lang: WallSettings['lang']
  /** As `?rot=` has it. */
  playlist: string
  /** A display a line: `name x,y,w,h`. */
  tiles: string
}

export const emptyWall: WallFields = {
  name: '',
  arrangement: 'grid',
  cols: '3',
  rows: '2',
  width: '1920',
  height: '1080',
  inches: '55',
  monitors: '',
  bezelMm: '3.5',
  farthestViewerM: '5',
  theme: 'malam',
  lang: 'id',
  playlist: '',
  tiles: '',
}

const number = (text: string): number => Number(text.trim().replace(',', '.'))
const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** `0,0 1920x1080 55` */
const monitorPattern = /^(\d+)\s*,\s*(\d+)\s+(\d+)\s*[x×]\s*(\d+)\s+(\d+(?:[.,]\d+)?)$/
/** `utama-1 0,0,1920,1080` */
const tilePattern = /^([a-z0-9][a-z0-9._-]{0,63})\s+(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)$/

function monitorOf(line: string): Monitor | undefined {
  const [, x, y, w, h, inches] = monitorPattern.exec(line) ?? []
  if (inches === undefined) return undefined
  return { x: Number(x), y: Number(y), w: Number(w), h: Number(h), diagonalIn: number(inches) }
}

function tileOf(line: string): WallSettings['tiles'][number] | undefined {
  const [, screen, x, y, w, h] = tilePattern.exec(line) ?? []
  if (screen === undefined) return undefined
  return { screen, view: [Number(x), Number(y), Number(w), Number(h)] }
}

const known = <T>(all: readonly (T | undefined)[]): T[] => all.filter((one) => one !== undefined)

/** The glass that a form describes; lines that are none are left out. */
export function glazingOf(fields: WallFields): Glazing {
  if (fields.arrangement === 'list') return { monitors: known(lines(fields.monitors).map(monitorOf)) }
  const panel = { w: number(fields.width), h: number(fields.height), diagonalIn: number(fields.inches) }
  return { cols: number(fields.cols), rows: number(fields.rows), panel }
}

/** Lines and slides that cannot be read, so that nobody loses one without a word. */
export function unreadableLines({ arrangement, monitors, tiles, playlist }: WallFields): string[] {
  const unreadable = (text: string, read: (line: string) => unknown) =>
    lines(text).filter((line) => read(line) === undefined)
  const slides = playlist.split(',').map((slide) => slide.trim())
  return [
    ...(arrangement === 'list' ? unreadable(monitors, monitorOf) : []),
    ...slides.filter((slide) => slide !== '' && parsePlaylist(slide).length === 0),
    ...unreadable(tiles, tileOf),
  ]
}

/** What is sent to the server, which has the last word on it. */
export function settingsOf(fields: WallFields): WallSettings {
  const { name, bezelMm, farthestViewerM, theme, lang, playlist, tiles } = fields
  const looks = {
    name: name.trim(),
    bezelMm: number(bezelMm),
    farthestViewerM: number(farthestViewerM),
    theme,
    lang,
    playlist: parsePlaylist(playlist).map(({ view, seconds }) => ({ screen: view, seconds })),
    tiles: known(lines(tiles).map(tileOf)),
  }
  const glazing = glazingOf(fields)
  return 'monitors' in glazing ? { ...looks, monitors: [...glazing.monitors] } : { ...looks, ...glazing }
}

export function fieldsOf(settings: WallSettings): WallFields {
  const { name, bezelMm, farthestViewerM, theme, lang, playlist, tiles } = settings
  const looks = {
    name,
    bezelMm: String(bezelMm),
    farthestViewerM: String(farthestViewerM),
    theme,
    lang,
    playlist: playlist.map(({ screen, seconds }) => `${screen}:${seconds}`).join(','),
    tiles: tiles.map(({ screen, view }) => `${screen} ${view.join(',')}`).join('\n'),
  }
  if ('monitors' in settings) {
    const monitors = settings.monitors.map(({ x, y, w, h, diagonalIn }) => `${x},${y} ${w}x${h} ${diagonalIn}`)
    return { ...emptyWall, ...looks, arrangement: 'list', monitors: monitors.join('\n') }
  }
  const { cols, rows, panel } = settings
  const grid = { cols, rows, width: panel.w, height: panel.h, inches: panel.diagonalIn }
  const text = Object.fromEntries(Object.entries(grid).map(([key, value]) => [key, String(value)]))
  return { ...emptyWall, ...looks, ...text, arrangement: 'grid' }
}
