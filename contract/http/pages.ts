/** Views of the wall in the order of their keys; each name is a part of its address. */
export const viewIds = ['ikhtisar', 'bus', 'cctv', 'banjir', 'sistem'] as const
export type ViewId = (typeof viewIds)[number]

export const isViewId = (name: string): name is ViewId => viewIds.some((id) => id === name)

/** The pages of the dashboard, as its router writes them: `:name` is one level, `*?` any number. */
export const pagePaths = {
  wall: '/',
  login: '/masuk',
  pairing: '/layar',
  view: '/wall/:view',
  panel: '/panel/:view/:panel',
  console: '/konsol/*?',
} as const

/** Pages of the console. */
export const consolePaths = {
  start: '/konsol',
  devices: '/konsol/perangkat',
  labels: '/konsol/label',
  install: '/konsol/pasang/:id',
  maintenance: '/konsol/perawatan',
  commands: '/konsol/perintah',
  quarantine: '/konsol/karantina',
  pipeline: '/konsol/aliran',
  audit: '/konsol/audit',
  tokens: '/konsol/token',
  displays: '/konsol/layar',
  walls: '/konsol/dinding',
  account: '/konsol/akun',
  sessions: '/konsol/sesi',
} as const

const routed = Object.values(pagePaths).map(patternOf)
const { wall, login, pairing } = pagePaths
const known = [wall, login, pairing, ...Object.values(consolePaths), ...viewIds.flatMap(pathsOfView)].map(patternOf)

/** True for a path that is a page; with or without a slash at its end. */
export function isPagePath(path: string): boolean {
  return known.some((pattern) => pattern.test(path))
}

/** True for a path that the dashboard's router takes, if only to say that there is no such page. */
export function isRoutedPath(path: string): boolean {
  return routed.some((pattern) => pattern.test(path))
}

function pathsOfView(id: ViewId): string[] {
  return [pagePaths.view, pagePaths.panel].map((path) => path.replace(':view', id))
}

function patternOf(path: string): RegExp {
  const levels = path.split('/').filter((level) => level !== '')
  const parts = levels.map((level) => (level === '*?' ? '(?:/.*)?' : level.startsWith(':') ? '/[^/]+' : `/${level}`))
  return new RegExp(`^${parts.join('')}/?$`)
}
