import { useCallback } from 'react'
import { type ListedDevice, loadRegistry } from '../core/connection/registry.ts'
import { useCity, useCore } from '../ui/core-context.tsx'
import { useLoaded } from './use-loaded.ts'

export interface LoadedRegistry {
  devices: readonly ListedDevice[] | undefined
  failed: unknown
  reload: () => Promise<void>
}

/** The registered devices; read again when one comes or goes, whoever did it. */
export function useRegistry(): LoadedRegistry {
  const { rest } = useCore()
  const known = useCity().byId.size
  const load = useCallback(() => loadRegistry(rest), [rest])
  const { value, failed, reload } = useLoaded<readonly ListedDevice[]>(load, known)
  return { devices: value, failed, reload }
}
