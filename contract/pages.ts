/**
 * The pages of the dashboard, as its router writes them (`:name` is one level, `*?` any number): the server gives the
 * document for these paths, and for no other.
 */
export const pagePaths = {
  wall: '/',
  login: '/masuk',
  pairing: '/layar',
  screen: '/wall/:screen',
  panel: '/panel/:screen/:panel',
  console: '/konsol/*?',
} as const

const patterns = Object.values(pagePaths).map(patternOf)

/** True for a path that is a page; with or without a slash at its end. */
export function isPagePath(path: string): boolean {
  return patterns.some((pattern) => pattern.test(path))
}

function patternOf(path: string): RegExp {
  const levels = path.split('/').filter((level) => level !== '')
  const parts = levels.map((level) => (level === '*?' ? '(?:/.*)?' : level.startsWith(':') ? '/[^/]+' : `/${level}`))
  return new RegExp(`^${parts.join('')}/?$`)
}
