import { type ReactNode, useState } from 'react'
import { useText } from '../ui/core-context.tsx'
import { Window } from '../ui/dialog.tsx'
import { Failure } from '../ui/failure/failure.tsx'
import { failureText } from '../ui/failure/failure-text.ts'

/** Why something was refused, and the ways out of a window; `children`: the button that does it. */
export function WindowFoot(props: { failed: unknown; onClose: () => void; children: ReactNode }) {
  const text = useText()
  return (
    <>
      <Failure>{props.failed !== undefined && failureText(props.failed, text)}</Failure>
      <footer className="window-foot">
        <button type="button" onClick={props.onClose}>
          {text.t('form.cancel')}
        </button>
        {props.children}
      </footer>
    </>
  )
}

/** Asks before something is taken away; a refusal stays in the window. */
export function ConfirmWindow(props: {
  title: string
  words: string
  yes: string
  act: () => Promise<unknown>
  onClose: () => void
  onDone: () => void
}) {
  const [failed, setFailed] = useState<unknown>()
  const act = () => props.act().then(props.onDone, setFailed)
  return (
    <Window title={props.title} onClose={props.onClose}>
      <p>{props.words}</p>
      <WindowFoot failed={failed} onClose={props.onClose}>
        <button type="button" className="primary" onClick={() => void act()}>
          {props.yes}
        </button>
      </WindowFoot>
    </Window>
  )
}
