import type { Logger } from 'pino'
import type { Wall } from '../../contract/walls.ts'

export interface WallTeller {
  /** To one screen, which has just come. */
  welcome(tell: (walls: Wall[]) => void): Promise<void>
  /** To all, if anything changed since the last time. */
  look(tell: (walls: Wall[]) => void): Promise<void>
}

/** Tells the screens of their walls: each as it comes, all of them when one is changed. */
export function createWallTeller({ list, log }: { list: () => Promise<Wall[]>; log: Logger }): WallTeller {
  let told = ''

  async function read(): Promise<Wall[] | undefined> {
    try {
      return await list()
    } catch (error) {
      log.error({ err: error }, 'the walls cannot be read')
      return undefined
    }
  }

  return {
    async welcome(tell) {
      const walls = await read()
      if (walls !== undefined) tell(walls)
    },
    async look(tell) {
      const walls = await read()
      const mark = walls?.map(({ id, rev }) => `${id} ${rev}`).join()
      if (walls === undefined || mark === undefined || mark === told) return
      told = mark
      tell(walls)
    },
  }
}
