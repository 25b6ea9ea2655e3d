import './commands.css'
import { useCallback, useState } from 'react'
import { isOpenCommand } from '../../../contract/command.ts'
import type { Command } from '../../../contract/http/commands.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { CommandItem } from './command-item.tsx'
import { useCommands } from './use-commands.ts'

const filters = ['open', 'done', 'failed', 'expired', 'rejected', 'cancelled'] as const
type Filter = (typeof filters)[number]

/** Commands of all devices: those that wait for somebody first, then those that are under way; or by how they ended. */
export function CommandsPage() {
  const text = useText()
  const [filter, setFilter] = useState<Filter>('open')
  const isOfList = useCallback(
    ({ state }: Command) => (filter === 'open' ? isOpenCommand(state) : state === filter),
    [filter],
  )
  const {
    commands: all,
    failed,
    reload,
    more,
    told,
  } = useCommands(`/api/v1/commands?state=${filter}&limit=100`, isOfList)
  // Those of a device that is removed are gone with it.
  const { byId } = useCity()
  const commands = all?.filter(({ deviceId }) => byId.has(deviceId))
  const list = (some: readonly Command[], empty: string) =>
    some.length === 0 ? (
      <p className="empty">{empty}</p>
    ) : (
      <ul className="command-list command-cards">
        {some.map((command) => (
          <CommandItem key={command.id} command={command} withDevice onTold={told} />
        ))}
      </ul>
    )
  const waitsForApproval = ({ state }: Command) => state === 'waiting-approval'
  return (
    <section className="page commands-page" aria-label={text.t('command.title')}>
      <header className="page-head">
        <h1>{text.t('command.title')}</h1>
        <p className="page-count">{text.t('command.explain')}</p>
        <label className="choose">
          {text.t('command.filter')}
          <select value={filter} onChange={(event) => setFilter(event.target.value as Filter)}>
            {filters.map((one) => (
              <option key={one} value={one}>
                {text.t(`command.state.${one}`)}
              </option>
            ))}
          </select>
        </label>
      </header>
      <Failure onRetry={reload}>{failed !== undefined && failureText(failed, text)}</Failure>
      {commands !== undefined && filter === 'open' && (
        <>
          <h2>{text.t('command.forApproval')}</h2>
          {list(commands.filter(waitsForApproval), text.t('command.noneForApproval'))}
          <h2>{text.t('command.underWay')}</h2>
          {list(
            commands.filter((command) => !waitsForApproval(command)),
            text.t('command.noneUnderWay'),
          )}
        </>
      )}
      {commands !== undefined && filter !== 'open' && list(commands, text.t('command.noneSuch'))}
      {more !== undefined && (
        <p className="more">
          <button type="button" onClick={more}>
            {text.t('command.more')}
          </button>
        </p>
      )}
    </section>
  )
}
