import type { Logger } from 'pino'
import { maxCommandsAtOnce, type ServerToWall } from '../../contract/live.ts'
import type { Role } from '../../contract/roles.ts'
import { iso } from '../../contract/time.ts'
import type { DisplayRecord } from '../../storage/registry/displays/displays.ts'
import type { CommandDesk } from '../commands/desk.ts'
import type { DisplayMonitor } from '../displays/monitor.ts'
import { forWall, type PipelineWatch } from '../pipeline/pipeline-watch.ts'
import type { Canary } from './canary.ts'
import { mayUse } from './events.ts'
import { eventFrame, type Frame } from './frames.ts'
import { sendFrame, type WallNamespace } from './serve-client.ts'
import type { InSlices } from './slices.ts'

export interface BroadcastParts {
  wall: WallNamespace
  /** In turns that the work for the clients has for itself. */
  inSlices: InSlices
  pipeline: PipelineWatch
  canary: Pick<Canary, 'newestAtMs'>
  displayMonitor: DisplayMonitor
  commandDesk: Pick<CommandDesk, 'takeChanges'>
  displays: () => Promise<readonly DisplayRecord[]>
  build: string
  log: Logger
  now: () => number
}

/** Tells all clients alike what is not a change of the city. Encoded once, and only where somebody listens. */
export interface Broadcasts {
  /** To all whose role may hear it, one after the other; a frame that differs by role is given by a function. */
  toAll(event: keyof ServerToWall, frame: Frame | ((role: Role) => Frame)): void
  heartbeat(): void
  displays(): Promise<void>
  commands(): void
  pipeline(): Promise<void>
}

export function createBroadcasts(parts: BroadcastParts): Broadcasts {
  const { wall, inSlices, build, log, now } = parts

  function toAll(event: keyof ServerToWall, frame: Frame | ((role: Role) => Frame)): void {
    void inSlices([...wall.sockets.values()], (socket) => {
      const { role } = socket.data.admission.caller
      if (socket.connected && mayUse(event, role)) sendFrame(socket, frame instanceof Function ? frame(role) : frame)
    })
  }

  return {
    toAll,
    heartbeat() {
      const canaryAt = iso(parts.canary.newestAtMs())
      toAll('heartbeat', eventFrame('heartbeat', { at: iso(now()), build, canaryAt }))
    },
    commands() {
      const commands = parts.commandDesk.takeChanges(maxCommandsAtOnce)
      if (commands.length > 0) toAll('commands', eventFrame('commands', { at: iso(now()), commands }))
    },
    async displays() {
      if (wall.sockets.size === 0) return
      try {
        toAll('displays', eventFrame('displays', parts.displayMonitor.views(await parts.displays())))
      } catch (error) {
        log.error({ err: error }, 'the displays cannot be read')
      }
    },
    async pipeline() {
      if (wall.sockets.size === 0) return
      try {
        const all = await parts.pipeline.read()
        const [own, whole] = [eventFrame('pipeline', forWall(all)), eventFrame('pipeline', all)]
        toAll('pipeline', (role) => (role === 'wall' ? own : whole))
      } catch (error) {
        log.error({ err: error }, 'the pipeline counters cannot be read')
      }
    },
  }
}
