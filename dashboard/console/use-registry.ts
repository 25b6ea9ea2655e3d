import { useCallback, useEffect, useState } from 'react'
import { loadRegistry, type RegisteredDevice } from '../core/connection/registry.ts'
import { useCity, useCore } from '../ui/core-context.tsx'

export interface Registry {
  devices: readonly RegisteredDevice[] | undefined
  failed: unknown
  reload: () => Promise<void>
}

/** The registered devices; read again when one comes or goes, whoever did it. */
export function useRegistry(): Registry {
  const core = useCore()
  const known = useCity().byId.size
  const [devices, setDevices] = useState<readonly RegisteredDevice[]>()
  const [failed, setFailed] = useState<unknown>()
  const reload = useCallback(async () => {
    try {
      setDevices(await loadRegistry(core.rest))
      setFailed(undefined)
    } catch (error) {
      setFailed(error)
    }
  }, [core])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the number of devices seen is what asks for a new list.
  useEffect(() => {
    void reload()
  }, [reload, known])
  return { devices, failed, reload }
}
