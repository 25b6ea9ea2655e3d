import { useCallback, useEffect, useState } from 'react'

/** What a page asked the server for. */
export interface Loaded<T> {
  /** The newest answer; stays when the next one fails. */
  value: T | undefined
  failed: unknown
  reload: () => Promise<void>
}

/** Asks when the page opens, when `load` is another function, and when `again` changes. */
export function useLoaded<T>(load: () => Promise<T>, again?: unknown): Loaded<T> {
  const [value, setValue] = useState<T>()
  const [failed, setFailed] = useState<unknown>()
  const reload = useCallback(async () => {
    try {
      const answer = await load()
      setValue(() => answer)
      setFailed(undefined)
    } catch (error) {
      setFailed(error)
    }
  }, [load])
  // biome-ignore lint/correctness/useExhaustiveDependencies: `again` is nothing but a reason to ask once more.
  useEffect(() => {
    void reload()
  }, [reload, again])
  return { value, failed, reload }
}
