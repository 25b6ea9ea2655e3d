import { useCallback, useEffect, useState } from 'react'
import type { Maintenance } from '../../../contract/http/maintenance.ts'
import { answer } from '../../core/connection/answers.ts'
import { useCore } from '../../ui/core-context.tsx'

export const maintenancePath = '/api/v1/maintenance'

/** Others make windows too. */
const renewMs = 15_000

export interface MaintenanceList {
  windows: readonly Maintenance[] | undefined
  failed: unknown
  reload: () => Promise<void>
}

/** The maintenance windows, renewed while they are shown. */
export function useMaintenance({ past }: { past: boolean }): MaintenanceList {
  const { rest } = useCore()
  const [windows, setWindows] = useState<readonly Maintenance[]>()
  const [failed, setFailed] = useState<unknown>()
  const reload = useCallback(async () => {
    try {
      setWindows((await rest.get(`${maintenancePath}?past=${past}`, answer('maintenance'))).items)
      setFailed(undefined)
    } catch (error) {
      setFailed(error)
    }
  }, [rest, past])
  useEffect(() => {
    void reload()
    const timer = setInterval(() => void reload(), renewMs)
    return () => clearInterval(timer)
  }, [reload])
  return { windows, failed, reload }
}
