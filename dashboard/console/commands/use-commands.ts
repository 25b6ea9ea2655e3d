import { useCallback, useEffect, useRef, useState } from 'react'
import type { Command, CommandList } from '../../../contract/http/commands.ts'
import { withChanges } from '../../core/commands/command-list.ts'
import { answer } from '../../core/connection/answers.ts'
import { useCore, useObservable } from '../../ui/core-context.tsx'

export interface LoadedCommands {
  /** Newest first; `undefined` until the server has told. */
  commands: readonly Command[] | undefined
  failed: unknown
  reload: () => void
  /** Absent: there are no older ones. */
  more: (() => void) | undefined
  /** Takes a command in as the server has just answered it. */
  told: (command: Command) => void
}

interface Page extends CommandList {
  /** The path that it answers: another may have been asked for meanwhile. */
  of: string
}

/** A list of commands, followed live. `path`: with its query; `isOfList` says the same of a command that was told. */
export function useCommands(path: string, isOfList: (command: Command) => boolean): LoadedCommands {
  const { rest, commands: live, link } = useCore()
  const [pages, setPages] = useState<Page>()
  const [failed, setFailed] = useState<unknown>()
  // What was told while the connection was lost nobody has heard.
  const { restoredAtMs } = useObservable(link)
  const page = pages?.of === path ? pages : undefined

  const merge = useCallback(
    (changes: readonly Command[]) =>
      setPages((before) =>
        before?.of === path ? { ...before, items: withChanges(before.items, changes, isOfList) } : before,
      ),
    [path, isOfList],
  )
  /** Lists that are on their way, and whether something was told meanwhile: which of both is newer nobody can say. */
  const reading = useRef({ lists: 0, isStale: false })
  const read = useCallback(
    async (cursor: string | null): Promise<void> => {
      reading.current.lists += 1
      try {
        const more = cursor === null ? '' : `${path.includes('?') ? '&' : '?'}cursor=${cursor}`
        const { items, nextCursor } = await rest.get(`${path}${more}`, answer('commands'))
        setPages((before) => {
          const earlier = cursor !== null && before?.of === path ? before.items : []
          return { of: path, items: withChanges(earlier, items, () => true), nextCursor }
        })
        setFailed(undefined)
      } catch (error) {
        setFailed(error)
      }
      reading.current.lists -= 1
      if (reading.current.lists > 0 || !reading.current.isStale) return
      reading.current.isStale = false
      await read(null)
    },
    [rest, path],
  )
  // biome-ignore lint/correctness/useExhaustiveDependencies: a connection that is back is nothing but a reason to ask again.
  useEffect(() => {
    void read(null)
  }, [read, restoredAtMs])
  useEffect(
    () =>
      live.subscribe(() => {
        if (reading.current.lists > 0) reading.current.isStale = true
        merge(live.get())
      }),
    [live, merge],
  )
  return {
    commands: page?.items,
    failed,
    reload: () => void read(null),
    more: page === undefined || page.nextCursor === null ? undefined : () => void read(page.nextCursor),
    told: (command) => merge([command]),
  }
}
