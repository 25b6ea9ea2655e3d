import type { Kind } from '../../../contract/topics.ts'
import { publishCommand } from '../../core/kit/publish-command.ts'
import { Copyable } from '../../ui/copyable.tsx'
import { useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { Window } from '../../ui/dialog.tsx'
import { momentText } from '../key-facts.tsx'

/** The key, the only time it can be seen, and a command line that tries it. */
export function KeyWindow(props: {
  device: { id: string; kind: Kind; profile: string; name: string }
  secret: string
  oldKeyUntil: string | undefined
  onClose: () => void
}) {
  const text = useText()
  const { nowMs } = useCity().moment
  const { oldKeyUntil } = props
  const { id, kind, profile, name } = props.device
  const broker = useObservable(useCore().flow)?.pipeline.broker
  const command = publishCommand({ host: location.hostname, id, kind, profile, key: props.secret, broker })
  return (
    <Window title={text.t('key.title', { name })} onClose={props.onClose} stays>
      <p>{text.t('key.once')}</p>
      {oldKeyUntil !== undefined && (
        <p data-old-key-until={oldKeyUntil}>{text.t('key.oldUntil', { time: momentText(oldKeyUntil, text, nowMs) })}</p>
      )}
      <Copyable name="key" label={text.t('key.key')} words={props.secret} />
      {command !== undefined && <Copyable name="command" label={text.t('key.command')} words={command} />}
      <p className="faint">{text.t(command === undefined ? 'key.noCommand' : 'key.note')}</p>
      <footer className="window-foot">
        <button type="button" className="primary" onClick={props.onClose}>
          {text.t('key.done')}
        </button>
      </footer>
    </Window>
  )
}
