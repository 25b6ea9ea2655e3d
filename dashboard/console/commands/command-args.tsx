import { type CommandArg, commandLimits } from '../../../contract/command.ts'
import type { ArgFields } from '../../core/commands/command-form.ts'
import { useText } from '../../ui/core-context.tsx'

/** A field for each argument that the profile names. */
export function ArgInputs(props: {
  args: readonly CommandArg[]
  fields: ArgFields
  onChange: (fields: ArgFields) => void
}) {
  return props.args.map((arg) => (
    <ArgInput
      key={arg.name}
      arg={arg}
      value={props.fields[arg.name] ?? ''}
      onChange={(value) => props.onChange({ ...props.fields, [arg.name]: value })}
    />
  ))
}

function ArgInput({ arg, value, onChange }: { arg: CommandArg; value: string; onChange: (value: string) => void }) {
  const text = useText()
  const required = arg.optional !== true
  const label = required ? text.label(arg.label) : text.t('command.optional', { name: text.label(arg.label) })
  if (arg.type === 'switch') {
    return (
      <label className="command-check">
        <input
          type="checkbox"
          name={`arg-${arg.name}`}
          checked={value === 'true'}
          onChange={(event) => onChange(String(event.target.checked))}
        />
        <span>{label}</span>
      </label>
    )
  }
  if (arg.type === 'text') {
    return (
      <label className="command-field">
        <span>{label}</span>
        <input
          name={`arg-${arg.name}`}
          value={value}
          required={required}
          maxLength={arg.maxChars}
          autoComplete="off"
          onChange={(event) => onChange(event.target.value)}
        />
        <small>{text.t('command.chars', { n: text.number(arg.maxChars) })}</small>
      </label>
    )
  }
  const range = { min: text.number(arg.min), max: text.number(arg.max), unit: arg.unit ?? '' }
  return (
    <label className="command-field">
      <span>{label}</span>
      <input
        name={`arg-${arg.name}`}
        type="number"
        value={value}
        required={required}
        min={arg.min}
        max={arg.max}
        step={arg.whole === true ? 1 : 'any'}
        onChange={(event) => onChange(event.target.value)}
      />
      <small>{text.t('command.range', range).trim()}</small>
    </label>
  )
}

/** The name and the arguments of a command that the profile does not know. */
export function FreeCommand(props: {
  name: string
  json: string
  onName: (name: string) => void
  onJson: (json: string) => void
}) {
  const text = useText()
  return (
    <>
      <label className="command-field">
        <span>{text.t('command.name')}</span>
        <input
          name="name"
          value={props.name}
          required
          pattern="[a-z0-9][a-z0-9_.\-]{0,63}"
          autoComplete="off"
          autoCapitalize="none"
          onChange={(event) => props.onName(event.target.value)}
        />
        <small>{text.t('command.nameHint')}</small>
      </label>
      <label className="command-field">
        <span>{text.t('command.args')}</span>
        <textarea
          name="args"
          value={props.json}
          rows={3}
          maxLength={commandLimits.argsBytes}
          spellCheck={false}
          onChange={(event) => props.onJson(event.target.value)}
        />
        <small>{text.t('command.argsHint')}</small>
      </label>
    </>
  )
}
