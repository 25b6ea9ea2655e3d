import { isTopPriority } from '../../domain/alarms/priority.ts'
import { careAt } from '../core/kiosk/burn-in.ts'
import type { Glass } from '../core/wall/display-geometry.ts'
import { useCity, useCore, useObservable, useText } from '../ui/core-context.tsx'
import { inView } from './frame.ts'

/** How far the sign stands down its monitor, of its height: it moves, for it is care that nothing stays in its place. */
const signFrom = 0.15
const signReach = 0.55

/**
 * At night a grey band goes over one monitor after the other, so that no picture burns in. It gives way at once to
 * anything grave.
 */
export function PanelCare({ glass }: { glass: Glass }) {
  const core = useCore()
  const text = useText()
  const city = useCity()
  const link = useObservable(core.link)
  const stopped = useObservable(core.stopped)
  const flow = useObservable(core.flow)
  const posts = useObservable(core.waters)
  const { upkeep } = core
  if (!upkeep.isCaredFor()) return null
  const panes = glass.panes.filter((pane) => inView(pane, glass))
  const care = careAt(city.moment.nowMs, { place: upkeep.place(), monitors: panes.length }, text.cityTime)
  const pane = panes[care?.monitor ?? 0]
  if (care === null || pane === undefined) return null
  if (isTopPriority({ linkUp: link.phase === 'up', stopped, pipeline: flow?.pipeline, posts })) return null
  return (
    <div
      className="care"
      data-monitor={care.monitor}
      style={{ left: pane.x, top: pane.y, width: pane.width, height: pane.height }}
    >
      <i className="care-band" style={{ left: `${care.swept * 150 - 50}%` }} />
      <p className="care-sign" role="status" style={{ top: `${(signFrom + signReach * care.swept) * 100}%` }}>
        <strong>{text.t('care.until', { time: text.minute(care.untilMs), zone: text.zone(care.untilMs) })}</strong>
        <span>{text.t('care.note')}</span>
      </p>
    </div>
  )
}
