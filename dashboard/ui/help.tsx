import { useEffect, useRef } from 'react'
import { viewIds } from '../../contract/http/pages.ts'
import type { TextKey } from '../core/text/translate.ts'
import { useText } from './core-context.tsx'
import { consoleKeys, helpEvent } from './keys.ts'
import { StateMark } from './state-mark.tsx'

const keys: readonly (readonly [string, TextKey])[] = [
  ...viewIds.map((id, i) => [String(i + 1), `view.${id}`] as const),
  ...consoleKeys.map(({ key, words }) => [key, words] as const),
  ['/', 'help.search'],
  ['L', 'help.language'],
  ['D', 'help.theme'],
  ['F', 'help.fullScreen'],
  ['S', 'help.silence'],
  ['␣', 'help.pause'],
  ['↑ ↓', 'help.arrows'],
  ['Shift ↑ ↓', 'help.chooseRange'],
  ['Ctrl A', 'help.chooseAll'],
  ['Enter', 'help.enter'],
  ['N', 'help.add'],
  ['E', 'help.edit'],
  ['Esc', 'help.escape'],
  ['?', 'help.help'],
]
const states = ['online', 'late', 'stale', 'offline', 'frozen', 'unknown', 'disabled'] as const

/** The key map and the meaning of every sign, on `?`. */
export function Help() {
  const text = useText()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const open = () => dialog.current?.showModal()
    addEventListener(helpEvent, open)
    return () => removeEventListener(helpEvent, open)
  }, [])
  return (
    <dialog className="help" ref={dialog} aria-label={text.t('help.title')}>
      <h2>{text.t('help.title')}</h2>
      <dl className="help-keys">
        {keys.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text.t(words)}</dd>
          </div>
        ))}
      </dl>
      <h2>{text.t('help.states')}</h2>
      <dl className="help-states">
        {states.map((state) => (
          <div key={state}>
            <dt>
              <StateMark state={state} /> {text.t(`state.${state}`)}
            </dt>
            <dd>{text.t(`help.state.${state}`)}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">{text.t('help.close')}</button>
      </form>
    </dialog>
  )
}
