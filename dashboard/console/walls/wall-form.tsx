import { type SubmitEvent, useState } from 'react'
import { glazingFaults, maxMonitors, monitorsOf } from '../../../contract/display-geometry.ts'
import type { Wall } from '../../../contract/http/walls.ts'
import type { TextKey } from '../../core/text/translate.ts'
import {
  emptyWall,
  fieldsOf,
  glazingOf,
  settingsOf,
  unreadableLines,
  type WallFields,
} from '../../core/wall/wall-form.ts'
import { useCity, useCore, useText } from '../../ui/core-context.tsx'
import { Window } from '../../ui/dialog.tsx'
import { WindowFoot } from '../window-foot.tsx'
import { WallPicture } from './wall-picture.tsx'

type TextField = Exclude<keyof WallFields, 'arrangement' | 'theme' | 'lang'>

interface Entry {
  fields: WallFields
  change: (change: Partial<WallFields>) => void
}

function Line(props: Entry & { name: TextField; hint?: TextKey; pattern?: string; required?: boolean }) {
  const text = useText()
  const { name, fields, change, hint, pattern, required = true } = props
  return (
    <label className="field">
      <span>{text.t(`walls.field.${name}`)}</span>
      <input
        name={name}
        value={fields[name]}
        pattern={pattern}
        required={required}
        maxLength={200}
        autoComplete="off"
        onChange={(event) => change({ [name]: event.target.value })}
      />
      {hint !== undefined && <small>{text.t(hint)}</small>}
    </label>
  )
}

function Lines({ name, hint, fields, change }: Entry & { name: 'monitors' | 'tiles'; hint: TextKey }) {
  const text = useText()
  return (
    <label className="field">
      <span>{text.t(`walls.field.${name}`)}</span>
      <textarea
        name={name}
        rows={name === 'tiles' ? 2 : 7}
        value={fields[name]}
        spellCheck={false}
        onChange={(event) => change({ [name]: event.target.value })}
      />
      <small>{text.t(hint)}</small>
    </label>
  )
}

function Choice<T extends 'arrangement' | 'theme' | 'lang'>(
  props: Entry & { name: T; options: readonly WallFields[T][]; words: (option: WallFields[T]) => string },
) {
  const text = useText()
  const { name, fields, change, options, words } = props
  return (
    <label className="field">
      <span>{text.t(`walls.field.${name}`)}</span>
      <select name={name} value={fields[name]} onChange={(event) => change({ [name]: event.target.value })}>
        {options.map((option) => (
          <option key={option} value={option}>
            {words(option)}
          </option>
        ))}
      </select>
    </label>
  )
}

const whole = '\\d{1,5}'
const decimal = '\\d{1,3}([.,]\\d+)?'

function Glass(entry: Entry) {
  const text = useText()
  return (
    <>
      <Choice
        {...entry}
        name="arrangement"
        options={['grid', 'list']}
        words={(option) => text.t(`walls.arrangement.${option}`)}
      />
      {entry.fields.arrangement === 'list' ? (
        <Lines {...entry} name="monitors" hint="walls.monitorsHint" />
      ) : (
        <div className="wall-numbers">
          {(['cols', 'rows', 'width', 'height', 'inches'] as const).map((name) => (
            <Line key={name} {...entry} name={name} pattern={name === 'inches' ? decimal : whole} />
          ))}
        </div>
      )}
      <div className="form-pair">
        <Line {...entry} name="bezelMm" pattern={decimal} />
        <Line {...entry} name="farthestViewerM" pattern={decimal} />
      </div>
    </>
  )
}

function Looks(entry: Entry) {
  const text = useText()
  const zone = text.zone(useCity().moment.nowMs)
  return (
    <>
      <div className="form-pair">
        <Choice
          {...entry}
          name="theme"
          options={['malam', 'siang', 'auto']}
          words={(option) => text.t(`walls.theme.${option}`, { zone })}
        />
        <Choice {...entry} name="lang" options={['id', 'en']} words={(option) => text.t(`walls.lang.${option}`)} />
      </div>
      <Line {...entry} name="playlist" hint="walls.playlistHint" required={false} />
      <Lines {...entry} name="tiles" hint="walls.tilesHint" />
    </>
  )
}

/** What is wrong with the glass as it is typed, before anything is sent. */
function Faults({ fields }: { fields: WallFields }) {
  const text = useText()
  const glazing = glazingOf(fields)
  const countable = 'monitors' in glazing || glazing.cols * glazing.rows <= maxMonitors
  const faults = glazingFaults(countable ? monitorsOf(glazing) : [])
  return (
    <ul className="wall-faults" aria-live="polite">
      {unreadableLines(fields).map((line) => (
        <li key={line}>{text.t('walls.fault.line', { line })}</li>
      ))}
      {faults.map(({ kind, params, sentence }) => (
        <li key={sentence}>{text.t(`walls.fault.${kind}`, params)}</li>
      ))}
    </ul>
  )
}

/** Describes a wall, or one anew; its picture follows what is typed. */
export function WallForm({ wall, onClose }: { wall: Wall | undefined; onClose: () => void }) {
  const { rest } = useCore()
  const text = useText()
  const [id, setId] = useState(wall?.id ?? '')
  const [fields, setFields] = useState(wall === undefined ? emptyWall : fieldsOf(wall.settings))
  const [failed, setFailed] = useState<unknown>()
  const change = (some: Partial<WallFields>) => setFields((before) => ({ ...before, ...some }))
  const entry = { fields, change }
  const { bezelMm, farthestViewerM } = settingsOf(fields)

  async function save(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    // It stands in the list of faults.
    if (unreadableLines(fields).length > 0) return
    try {
      await rest.send('PUT', `/api/v1/walls/${id}`, settingsOf(fields))
      onClose()
    } catch (error) {
      setFailed(error)
    }
  }

  return (
    <Window title={wall === undefined ? text.t('walls.add') : text.t('walls.editTitle', { id })} onClose={onClose}>
      <form className="form" onSubmit={(event) => void save(event)}>
        {wall === undefined && (
          <label className="field">
            <span>{text.t('walls.field.id')}</span>
            <input
              name="id"
              value={id}
              required
              maxLength={64}
              pattern="[a-z0-9][a-z0-9._\-]{0,63}"
              autoComplete="off"
              onChange={(event) => setId(event.target.value)}
            />
            <small>{text.t('walls.idHint')}</small>
          </label>
        )}
        <Line {...entry} name="name" />
        <Glass {...entry} />
        <Faults fields={fields} />
        {farthestViewerM > 0 && (
          <WallPicture glazing={glazingOf(fields)} bezelMm={bezelMm} farthestViewerM={farthestViewerM} facts />
        )}
        <small className="faint">{text.t('walls.pictureHint')}</small>
        <Looks {...entry} />
        <WindowFoot failed={failed} onClose={onClose}>
          <button type="submit" className="primary">
            {text.t('form.save')}
          </button>
        </WindowFoot>
      </form>
    </Window>
  )
}
