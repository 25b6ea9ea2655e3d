import { useCallback, useEffect, useState } from 'react'
import type { Device } from '../../../contract/http/devices.ts'
import { answer } from '../../core/connection/answers.ts'
import { RestError } from '../../core/connection/http-client.ts'
import { type ListedDevice, registered } from '../../core/connection/registry.ts'
import { useCore } from '../../ui/core-context.tsx'

export interface Registration {
  device: ListedDevice | undefined
  /** The server says that there is no such device. */
  unknown: boolean
  failed: unknown
  reload: () => Promise<void>
  /** What the server answered to a change. */
  take: (device: Device) => void
}

/** What is registered of one device. */
export function useRegisteredDevice(id: string): Registration {
  const { rest } = useCore()
  const [device, setDevice] = useState<ListedDevice | undefined>()
  const [failed, setFailed] = useState<unknown>()
  const take = useCallback((answer: Device) => {
    setDevice(registered(answer))
    setFailed(undefined)
  }, [])
  const reload = useCallback(
    () => rest.get(`/api/v1/devices/${encodeURIComponent(id)}`, answer('device')).then(take, setFailed),
    [rest, id, take],
  )
  useEffect(() => void reload(), [reload])
  const unknown = failed instanceof RestError && failed.status === 404
  return { device, unknown, failed: unknown ? undefined : failed, reload, take }
}
