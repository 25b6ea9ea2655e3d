import type { Logger } from 'pino'
import type { Wall } from '../../contract/http/walls.ts'
import { eventFrame, type Frame } from './frames.ts'

export interface WallTeller {
  /** To one client, which has just come. */
  welcome(tell: (walls: Frame) => void): Promise<void>
  /** To all, if anything changed since the last time. Call it every few seconds. */
  refresh(tell: (walls: Frame) => void): Promise<void>
}

/**
 * Tells the clients of their walls: each as it comes, all of them when one is changed. Who comes is told what was seen
 * at the last look: what has changed since then is told to him with all others.
 */
export function createWallTeller({ list, log }: { list: () => Promise<Wall[]>; log: Logger }): WallTeller {
  let told = ''
  let seen: { mark: string; frame: Frame } | undefined

  async function read(): Promise<typeof seen> {
    try {
      const walls = await list()
      const mark = walls.map(({ id, rev }) => `${id} ${rev}`).join()
      if (mark !== seen?.mark) seen = { mark, frame: eventFrame('walls', walls) }
    } catch (error) {
      log.error({ err: error }, 'the walls cannot be read')
      return undefined
    }
    return seen
  }

  return {
    async welcome(tell) {
      const walls = seen ?? (await read())
      if (walls !== undefined) tell(walls.frame)
    },
    async refresh(tell) {
      const walls = await read()
      if (walls === undefined || walls.mark === told) return
      told = walls.mark
      tell(walls.frame)
    },
  }
}
