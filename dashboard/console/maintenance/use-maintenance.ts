import { useCallback, useEffect } from 'react'
import type { Maintenance } from '../../../contract/http/maintenance.ts'
import { answer } from '../../core/connection/answers.ts'
import { useCore } from '../../ui/core-context.tsx'
import { useLoaded } from '../use-loaded.ts'

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
  const load = useCallback(() => rest.get(`${maintenancePath}?past=${past}`, answer('maintenance')), [rest, past])
  const { value, failed, reload } = useLoaded(load)
  useEffect(() => {
    const timer = setInterval(() => void reload(), renewMs)
    return () => clearInterval(timer)
  }, [reload])
  return { windows: value?.items, failed, reload }
}
