import { useState } from 'react'
import { commandsOf } from '../../../contract/command.ts'
import type { Command } from '../../../contract/http/commands.ts'
import { findProfile } from '../../../contract/profiles/index.ts'
import { commandActions, commandWord } from '../../core/commands/command-list.ts'
import { answer } from '../../core/connection/answers.ts'
import type { Translator } from '../../core/text/translate.ts'
import { useAble, useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { useFocus } from '../../ui/focus-link.ts'

const nameOf = (actor: string): string => actor.replace(/^user:/, '')

/** As the audit names who is signed in; empty: nobody. */
export function useActor(): string {
  const session = useObservable(useCore().session)
  return session.phase === 'in' ? `user:${session.session.username}` : ''
}

/** What a command is called: by its profile, or by its own name. */
function useCommandLabel({ deviceId, name }: Command): string {
  const text = useText()
  const device = useCity().byId.get(deviceId)
  const specs = commandsOf(device && findProfile(device.look.id))
  const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
  return spec === undefined ? name : text.label(spec.label)
}

/** When what became of it, in order. */
function stepsOf(command: Command, text: Translator, nowMs: number): string[] {
  const { createdBy, createdAt, approvedBy, approvedAt, endedBy, endedAt, sentAt, answeredAt, expiresAt, state } =
    command
  const at = (time: string) => `${text.moment(Date.parse(time), nowMs)} ${text.zone(Date.parse(time))}`
  const steps = [text.t('command.made', { name: nameOf(createdBy), time: at(createdAt) })]
  const by = (key: 'approved' | 'rejected' | 'cancelled', name: string | null, time: string | null) => {
    if (name !== null && time !== null) steps.push(text.t(`command.${key}`, { name: nameOf(name), time: at(time) }))
  }
  by('approved', approvedBy, approvedAt)
  if (state === 'rejected' || state === 'cancelled') by(state, endedBy, endedAt)
  if (sentAt !== null) steps.push(text.t('command.sentAt', { time: at(sentAt) }))
  if (answeredAt !== null) steps.push(text.t('command.answeredAt', { time: at(answeredAt) }))
  else if (state !== 'rejected' && state !== 'cancelled') steps.push(text.t('command.until', { time: at(expiresAt) }))
  return steps
}

/** One command: what, for which device, what became of it, and what may be done about it. */
export function CommandItem(props: { command: Command; withDevice?: boolean; onTold: (command: Command) => void }) {
  const { rest } = useCore()
  const text = useText()
  const able = useAble('command')
  const actor = useActor()
  const { byId, moment } = useCity()
  const focus = useFocus()
  const { command } = props
  const label = useCommandLabel(command)
  const [failed, setFailed] = useState<unknown>()
  const actions = able ? commandActions(command, actor) : []
  const { id, deviceId, name, args, error, dangerous, createdBy, state } = command

  async function act(action: (typeof actions)[number]): Promise<void> {
    setFailed(undefined)
    try {
      props.onTold(await rest.send('POST', `/api/v1/commands/${id}/${action}`, undefined, answer('command')))
    } catch (caught) {
      setFailed(caught)
    }
  }

  return (
    <li className="command" data-command={id} data-state={state}>
      <p className="command-head">
        <strong>{label}</strong>
        {label !== name && <code>{name}</code>}
        {dangerous && <span className="command-tag">{text.t('command.dangerous')}</span>}
        {props.withDevice === true && (
          <button type="button" className="plain" onClick={() => focus.show({ device: deviceId })}>
            {byId.get(deviceId)?.name ?? deviceId}
          </button>
        )}
      </p>
      <p className="command-state">{text.t(`command.is.${commandWord(command)}`)}</p>
      {error !== null && <p className="command-error">{text.t('command.error', { error })}</p>}
      {args !== undefined && <pre className="command-args">{JSON.stringify(args)}</pre>}
      <p className="command-steps">{stepsOf(command, text, moment.nowMs).join(' · ')}</p>
      {state === 'waiting-approval' && able && createdBy === actor && (
        <p className="command-steps">{text.t('command.notYou')}</p>
      )}
      {actions.length > 0 && (
        <p className="command-actions">
          {actions.map((action) => (
            <button key={action} type="button" onClick={() => void act(action)}>
              {text.t(`command.do.${action}`)}
              <span className="hidden-text"> {label}</span>
            </button>
          ))}
        </p>
      )}
      <Failure>{failed !== undefined && failureText(failed, text)}</Failure>
    </li>
  )
}
