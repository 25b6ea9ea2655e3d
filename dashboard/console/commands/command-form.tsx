import { type SubmitEvent, useState } from 'react'
import { commandsOf } from '../../../contract/command.ts'
import type { Command } from '../../../contract/http/commands.ts'
import { findProfile } from '../../../contract/profiles/index.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import { type ArgFields, argsOf, commandLives, parseTypedArgs } from '../../core/commands/command-form.ts'
import { answer } from '../../core/connection/answers.ts'
import { useCore, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { ArgInputs, FreeCommand } from './command-args.tsx'

/** Stands in the choice for a command that the profile does not know; no command is named so. */
const other = ''

/** Tells a device what to do: a command of its profile with fields for its arguments, or any other by its name. */
export function CommandForm({ device, onMade }: { device: SeenDevice; onMade: (command: Command) => void }) {
  const { rest } = useCore()
  const text = useText()
  const specs = commandsOf(findProfile(device.look.id))
  const [chosen, setChosen] = useState(Object.keys(specs)[0] ?? other)
  const [fields, setFields] = useState<ArgFields>({})
  const [free, setFree] = useState({ name: '', json: '' })
  const [lifeS, setLifeS] = useState(300)
  const [busy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<{ failed?: unknown; made?: Command; badJson?: true }>({})
  const spec = specs[chosen]

  function body(): { name: string; args?: unknown } | undefined {
    if (spec !== undefined) return { name: chosen, args: argsOf(spec, fields) }
    const typed = parseTypedArgs(free.json)
    return typed && { name: free.name, args: typed.args }
  }

  async function make(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const command = body()
    if (command === undefined) return setOutcome({ badJson: true })
    setBusy(true)
    try {
      const path = `/api/v1/devices/${encodeURIComponent(device.id)}/commands`
      const made = await rest.send('POST', path, { ...command, expiresS: lifeS }, answer('command'))
      setOutcome({ made })
      onMade(made)
    } catch (failed) {
      setOutcome({ failed })
    } finally {
      setBusy(false)
    }
  }

  function choose(name: string): void {
    setChosen(name)
    setFields({})
    setOutcome({})
  }

  return (
    <form className="command-form" onSubmit={(event) => void make(event)}>
      <label className="command-field">
        <span>{text.t('command.choose')}</span>
        <select name="command" value={chosen} onChange={(event) => choose(event.target.value)}>
          {Object.entries(specs).map(([name, { label }]) => (
            <option key={name} value={name}>
              {text.label(label)}
            </option>
          ))}
          <option value={other}>{text.t('command.other')}</option>
        </select>
      </label>
      {spec === undefined ? (
        <FreeCommand
          {...free}
          onName={(name) => setFree((before) => ({ ...before, name }))}
          onJson={(json) => setFree((before) => ({ ...before, json }))}
        />
      ) : (
        <ArgInputs args={spec.args ?? []} fields={fields} onChange={setFields} />
      )}
      <label className="command-field">
        <span>{text.t('command.life')}</span>
        <select name="life" value={lifeS} onChange={(event) => setLifeS(Number(event.target.value))}>
          {commandLives.map((seconds) => (
            <option key={seconds} value={seconds}>
              {text.age(seconds * 1000)}
            </option>
          ))}
        </select>
        <small>{text.t('command.lifeHint')}</small>
      </label>
      {spec?.dangerous === true && <p className="command-warn">{text.t('command.needsSecond')}</p>}
      <p className="command-actions">
        <button type="submit" className="primary" disabled={busy}>
          {text.t('command.make')}
        </button>
      </p>
      <Failure>
        {outcome.badJson === true
          ? text.t('command.badJson')
          : outcome.failed !== undefined && failureText(outcome.failed, text)}
      </Failure>
      <p role="status" className="command-made">
        {outcome.made !== undefined && text.t('command.madeNow')}
      </p>
    </form>
  )
}
