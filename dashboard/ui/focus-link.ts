import { useCallback } from 'react'
import { useLocation, useSearch } from 'wouter'

/** What the side panel shows, from the address: `?focus=<device>` or `?group=<subject>`. */
export interface Focus {
  device: string | undefined
  group: string | undefined
  show(next: { device?: string; group?: string }): void
  close(): void
}

export function useFocus(): Focus {
  const search = useSearch()
  const [path, navigate] = useLocation()
  const params = new URLSearchParams(search)
  const shown = params.has('focus') || params.has('group')
  const go = useCallback(
    (next: { device?: string; group?: string }) => {
      const query = new URLSearchParams(search)
      query.delete('focus')
      query.delete('group')
      if (next.device !== undefined) query.set('focus', next.device)
      if (next.group !== undefined) query.set('group', next.group)
      const text = query.toString()
      navigate(text === '' ? path : `${path}?${text}`)
    },
    [search, path, navigate],
  )
  return {
    device: params.get('focus') ?? undefined,
    group: params.get('group') ?? undefined,
    show: go,
    close: useCallback(() => {
      if (shown) go({})
    }, [go, shown]),
  }
}
