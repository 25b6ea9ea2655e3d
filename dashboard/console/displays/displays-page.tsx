import { type SubmitEvent, useState } from 'react'
import type { Display } from '../../../contract/http/displays.ts'
import { hasStranger } from '../../../domain/system/display-faults.ts'
import { useCity, useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { Window } from '../../ui/dialog.tsx'
import { momentText } from '../key-facts.tsx'
import { ConfirmWindow, WindowFoot } from '../window-foot.tsx'

type Open = { window: 'none' | 'add' } | { window: 'remove'; name: string }

const path = '/api/v1/displays'

/** Displays: taken in by the code that they show; what each does at present. */
export function DisplaysPage() {
  const core = useCore()
  const text = useText()
  const displays = useObservable(core.displays)
  const [open, setOpen] = useState<Open>({ window: 'none' })
  const close = () => setOpen({ window: 'none' })
  return (
    <section className="page" aria-label={text.t('displays.title')}>
      <header className="page-head">
        <h1>{text.t('displays.title')}</h1>
        <p className="page-count">{text.t('displays.explain')}</p>
        <button type="button" className="primary" onClick={() => setOpen({ window: 'add' })}>
          {text.t('displays.add')}
        </button>
      </header>
      {displays === null ? (
        <p className="empty">{text.t('value.notKnown')}</p>
      ) : displays.length === 0 ? (
        <p className="empty">{text.t('displays.empty')}</p>
      ) : (
        <div className="table-body">
          <DisplayTable displays={displays} onRemove={(name) => setOpen({ window: 'remove', name })} />
        </div>
      )}
      {open.window === 'add' && <AddDisplay onClose={close} />}
      {open.window === 'remove' && (
        <ConfirmWindow
          title={text.t('displays.removeTitle', { name: open.name })}
          words={text.t('displays.removeText')}
          yes={text.t('displays.remove')}
          act={() => core.rest.send('DELETE', `${path}/${open.name}`)}
          onClose={close}
          onDone={close}
        />
      )}
    </section>
  )
}

function DisplayTable({ displays, onRemove }: { displays: readonly Display[]; onRemove: (name: string) => void }) {
  const text = useText()
  const { nowMs } = useCity().moment
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th>{text.t('tokens.name')}</th>
          <th>{text.t('displays.state')}</th>
          <th>{text.t('displays.screen')}</th>
          <th className="wide-only">{text.t('displays.size')}</th>
          <th className="wide-only">{text.t('displays.frames')}</th>
          <th className="wide-only">{text.t('displays.heap')}</th>
          <th className="wide-only">{text.t('displays.restarts')}</th>
          <th>{text.t('displays.seen')}</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {displays.map(({ name, state, connections, report, seenAt }) => (
          <tr key={name} data-display={name} data-display-state={state}>
            <td>{name}</td>
            <td>
              {text.t(`display.${state}`)}
              {hasStranger({ state, connections }) &&
                ` · ${text.t('display.several', { n: text.number(connections) })}`}
            </td>
            <td>{report?.screen ?? '—'}</td>
            <td className="wide-only">{report === null ? '—' : `${report.width} × ${report.height}`}</td>
            <td className="wide-only">{report === null ? '—' : text.number(report.fps, 1)}</td>
            <td className="wide-only">{report?.heapMb == null ? '—' : text.bytes(report.heapMb * 1e6)}</td>
            <td className="wide-only">{report === null ? '—' : text.number(report.restarts)}</td>
            <td>{seenAt === null ? text.t('tokens.unused') : momentText(seenAt, text, nowMs)}</td>
            <td>
              <button type="button" className="small" onClick={() => onRemove(name)}>
                {text.t('displays.remove')}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function AddDisplay({ onClose }: { onClose: () => void }) {
  const { rest } = useCore()
  const text = useText()
  const [failed, setFailed] = useState<unknown>()

  async function add(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const code = String(form.get('code')).replaceAll(/\D/g, '')
    try {
      await rest.send('POST', path, { name: form.get('name'), code })
      onClose()
    } catch (error) {
      setFailed(error)
    }
  }

  return (
    <Window title={text.t('displays.add')} onClose={onClose}>
      <form className="form" onSubmit={(event) => void add(event)}>
        <label className="field">
          <span>{text.t('displays.code')}</span>
          <input name="code" required inputMode="numeric" maxLength={9} pattern="[0-9 ]{6,9}" autoComplete="off" />
          <small>{text.t('displays.codeHint')}</small>
        </label>
        <label className="field">
          <span>{text.t('tokens.name')}</span>
          <input name="name" required maxLength={64} pattern="[a-z0-9][a-z0-9._\-]{0,63}" autoComplete="off" />
          <small>{text.t('displays.nameHint')}</small>
        </label>
        <WindowFoot failed={failed} onClose={onClose}>
          <button type="submit" className="primary">
            {text.t('displays.add')}
          </button>
        </WindowFoot>
      </form>
    </Window>
  )
}
