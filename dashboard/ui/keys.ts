import { useEffect } from 'react'
import { useLocation } from 'wouter'
import { consolePaths, viewIds } from '../../contract/http/pages.ts'
import { can } from '../core/connection/session.ts'
import { viewPath } from '../core/wall/views.ts'
import { useCore } from './core-context.tsx'
import { useFocus } from './focus-link.ts'

/** Asks for the help page; whoever shows it listens. */
export const helpEvent = 'bcc-help'

/** Pages of the console that have a digit: those behind the views of the wall. */
export const consoleKeys = (
  [
    { words: 'help.devices', path: consolePaths.devices },
    { words: 'help.quarantine', path: consolePaths.quarantine },
    { words: 'help.pipeline', path: consolePaths.pipeline },
  ] as const
).map((page, i) => ({ ...page, key: String(viewIds.length + i + 1) }))

const typing = new Set(['INPUT', 'TEXTAREA', 'SELECT'])

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (typing.has(target.tagName) || target.isContentEditable)
}

/** A key that belongs to a field, a window or the browser. */
export function isForSomebodyElse(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || isTyping(event.target)) return true
  return document.querySelector('dialog[open], [role=dialog][data-modal]') !== null
}

function toggleFullScreen(): void {
  if (document.fullscreenElement === null) void document.documentElement.requestFullscreen().catch(() => undefined)
  else void document.exitFullscreen()
}

/** Keys that work on every page; none of them is the browser's own. */
export function useKeys(): void {
  const core = useCore()
  const focus = useFocus()
  const [, navigate] = useLocation()
  useEffect(() => {
    const go = (path: string) => {
      if (can(core.session.get(), 'console')) navigate(path)
    }
    const actions: Record<string, () => void> = {
      l: core.preferences.toggleLanguage,
      d: core.preferences.toggleTheme,
      f: toggleFullScreen,
      s: core.sound.silence,
      m: () => navigate('/'),
      ...Object.fromEntries(viewIds.map((id, i) => [String(i + 1), () => navigate(viewPath(id, location.search))])),
      ...Object.fromEntries(consoleKeys.map(({ key, path }) => [key, () => go(path)])),
      '?': () => void dispatchEvent(new Event(helpEvent)),
      Escape: focus.close,
    }
    const onKey = (event: KeyboardEvent) => {
      if (isForSomebodyElse(event)) return
      actions[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [core, focus, navigate])
}
