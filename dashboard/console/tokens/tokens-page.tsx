import { type SubmitEvent, useCallback, useState } from 'react'
import type { Token } from '../../../contract/http/tokens.ts'
import { type TokenRole, tokenRoles } from '../../../contract/roles.ts'
import { answer } from '../../core/connection/answers.ts'
import type { Translator } from '../../core/text/translate.ts'
import { Copyable } from '../../ui/copyable.tsx'
import { useCity, useCore, useText } from '../../ui/core-context.tsx'
import { useKeyboardBack, Window } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { usePresentFlow } from '../../ui/hooks/use-present-flow.ts'
import { momentText } from '../key-facts.tsx'
import { useLoaded } from '../use-loaded.ts'
import { ConfirmWindow, WindowFoot } from '../window-foot.tsx'

type Open =
  | { window: 'none' | 'add' }
  | { window: 'shown'; name: string; token: string }
  | { window: 'revoke'; name: string }

const path = '/api/v1/tokens'

/** Tokens of machines and displays; for admins. */
export function TokensPage() {
  const { rest } = useCore()
  const text = useText()
  const [open, setOpen] = useState<Open>({ window: 'none' })
  useKeyboardBack(open.window !== 'none')
  const load = useCallback(() => rest.get(path, answer('tokens')), [rest])
  const { value, failed, reload } = useLoaded(load)
  const tokens = value?.items
  const close = () => setOpen({ window: 'none' })
  return (
    <section className="page" aria-label={text.t('tokens.title')}>
      <header className="page-head">
        <h1>{text.t('tokens.title')}</h1>
        <p className="page-count">{text.t('tokens.explain')}</p>
        <button type="button" onClick={() => setOpen({ window: 'add' })}>
          {text.t('tokens.add')}
        </button>
      </header>
      <Failure onRetry={() => void reload()}>{failed !== undefined && failureText(failed, text)}</Failure>
      {tokens?.length === 0 && <p className="empty">{text.t('tokens.empty')}</p>}
      {tokens !== undefined && tokens.length > 0 && (
        <div className="table-body">
          <TokenTable tokens={tokens} onRevoke={(name) => setOpen({ window: 'revoke', name })} />
        </div>
      )}
      {open.window === 'add' && (
        <AddToken
          onClose={close}
          onMade={(name, token) => {
            setOpen({ window: 'shown', name, token })
            void reload()
          }}
        />
      )}
      {open.window === 'shown' && (
        <Window title={text.t('key.title', { name: open.name })} onClose={close} stays>
          <p>{text.t('tokens.once')}</p>
          <Copyable name="token" label={text.t('tokens.title')} words={open.token} />
          <footer className="window-foot">
            <button type="button" className="primary" onClick={close}>
              {text.t('key.done')}
            </button>
          </footer>
        </Window>
      )}
      {open.window === 'revoke' && (
        <ConfirmWindow
          title={text.t('tokens.revokeTitle', { name: open.name })}
          words={text.t('tokens.revokeText')}
          yes={text.t('tokens.revoke')}
          act={() => rest.send('DELETE', `${path}/${open.name}`)}
          onClose={close}
          onDone={() => {
            close()
            void reload()
          }}
        />
      )}
    </section>
  )
}

function TokenTable({ tokens, onRevoke }: { tokens: readonly Token[]; onRevoke: (name: string) => void }) {
  const text = useText()
  const { nowMs } = useCity().moment
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th>{text.t('tokens.name')}</th>
          <th>{text.t('tokens.role')}</th>
          <th className="wide-only">{text.t('tokens.made')}</th>
          <th>{text.t('tokens.used')}</th>
          <th className="wide-only">{text.t('tokens.expires')}</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {tokens.map(({ name, role, createdAt, usedAt, expiresAt, filters, mqtt }) => (
          <tr key={name} data-token={name}>
            <td>{name}</td>
            <td>
              {text.t(`role.${role}`)}
              {filters?.map((filter) => (
                <small key={filter} className="token-filter">
                  {filter}
                </small>
              ))}
              {mqtt !== undefined && <small data-mqtt>{mqttText(mqtt, text)}</small>}
            </td>
            <td className="wide-only">{momentText(createdAt, text, nowMs)}</td>
            <td>{usedAt === null ? text.t('tokens.unused') : momentText(usedAt, text, nowMs)}</td>
            <td className="wide-only">
              {expiresAt === null ? text.t('tokens.never') : momentText(expiresAt, text, nowMs)}
            </td>
            <td>
              <button type="button" className="small" onClick={() => onRevoke(name)}>
                {text.t('tokens.revoke')}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function mqttText(mqtt: NonNullable<Token['mqtt']> | null, text: Translator): string {
  if (mqtt === null) return `${text.t('tokens.mqtt')}: ${text.t('tokens.mqttUnknown')}`
  const { connections, delivered, dropped } = mqtt
  const counts = { n: text.number(connections), delivered: text.number(delivered), dropped: text.number(dropped) }
  return `${text.t('tokens.mqtt')}: ${text.t('tokens.mqttCounts', counts)}`
}

/** Filters of a form's text, one a line. */
function filtersOf(form: FormData): string[] {
  return String(form.get('filters') ?? '')
    .split(/\s+/)
    .filter((filter) => filter !== '')
}

function roleOf(value: string): TokenRole {
  return tokenRoles.find((role) => role === value) ?? 'wall'
}

function AddToken({ onClose, onMade }: { onClose: () => void; onMade: (name: string, token: string) => void }) {
  const { rest } = useCore()
  const text = useText()
  const [failed, setFailed] = useState<unknown>()
  const topicRoot = usePresentFlow()?.pipeline.broker.mqtt?.topicRoot ?? '…'
  const [role, setRole] = useState<TokenRole>('wall')

  async function add(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const days = String(form.get('days') ?? '')
    const name = String(form.get('name'))
    const body = {
      name,
      role,
      ...(days !== '' && { days: Number(days) }),
      ...(role === 'service' && { filters: filtersOf(form) }),
    }
    try {
      const { token } = await rest.send('POST', path, body, answer('createdToken'))
      onMade(name, token)
    } catch (error) {
      setFailed(error)
    }
  }

  return (
    <Window title={text.t('tokens.add')} onClose={onClose}>
      <form className="form" onSubmit={(event) => void add(event)}>
        <label className="field">
          <span>{text.t('tokens.name')}</span>
          <input name="name" required maxLength={64} pattern="[a-z0-9][a-z0-9._\-]{0,63}" autoComplete="off" />
        </label>
        <label className="field">
          <span>{text.t('tokens.role')}</span>
          <select name="role" value={role} onChange={(event) => setRole(roleOf(event.target.value))}>
            {tokenRoles.map((one) => (
              <option key={one} value={one}>
                {text.t(`role.${one}`)}
              </option>
            ))}
          </select>
        </label>
        {role === 'service' && (
          <label className="field">
            <span>{text.t('tokens.filters')}</span>
            <textarea name="filters" required rows={3} spellCheck={false} autoComplete="off" />
            <small>{text.t('tokens.filtersHint', { root: topicRoot })}</small>
          </label>
        )}
        <label className="field">
          <span>{text.t('tokens.days')}</span>
          <input name="days" type="number" min={1} max={3650} />
          <small>{text.t('tokens.daysHint')}</small>
        </label>
        <WindowFoot failed={failed} onClose={onClose}>
          <button type="submit" className="primary">
            {text.t('tokens.add')}
          </button>
        </WindowFoot>
      </form>
    </Window>
  )
}
