import './commands.css'
import '../console-texts.ts'
import { useCallback, useState } from 'react'
import type { Command } from '../../../contract/http/commands.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import { useAble, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { CommandForm } from './command-form.tsx'
import { CommandItem } from './command-item.tsx'
import { DeviceEvents } from './device-events.tsx'
import { useCommands } from './use-commands.ts'

/** What a device can be told, what it was told, and what it told. Loaded when somebody opens it. */
export function DeviceCommands({ device }: { device: SeenDevice }) {
  const text = useText()
  const able = useAble('command')
  const [events, setEvents] = useState(false)
  const { id } = device
  const isOfDevice = useCallback(({ deviceId }: Command) => deviceId === id, [id])
  const path = `/api/v1/devices/${encodeURIComponent(id)}/commands?limit=20`
  const { commands, failed, reload, more, told } = useCommands(path, isOfDevice)
  return (
    <section className="commands" aria-label={text.t('command.title')}>
      {able && <CommandForm key={id} device={device} onMade={told} />}
      <Failure onRetry={reload}>{failed !== undefined && failureText(failed, text)}</Failure>
      {commands?.length === 0 && <p className="calm">{text.t('command.none')}</p>}
      <ul className="command-list">
        {commands?.map((command) => (
          <CommandItem key={command.id} command={command} onTold={told} />
        ))}
      </ul>
      {more !== undefined && (
        <button type="button" onClick={more}>
          {text.t('command.more')}
        </button>
      )}
      <details className="device-events" onToggle={(event) => setEvents(event.currentTarget.open)}>
        <summary>{text.t('events.title')}</summary>
        {events && <DeviceEvents deviceId={id} />}
      </details>
    </section>
  )
}
