import type { Glass } from '../../core/glass.ts'
import { useText } from '../../ui/core-context.tsx'
import { footPanes, onPane } from './frame.ts'

/** The alarms' place, the same on each screen. Nothing raises alarms yet, and it says so: empty would read as all well. */
export function AlarmLine({ glass }: { glass: Glass }) {
  const text = useText()
  const style = glass.layout === 'tiled' ? onPane(footPanes(glass)[0]) : undefined
  return (
    <aside className="alarm-line content" aria-label={text.t('alarm.title')}>
      <p style={style}>{text.t('alarm.none')}</p>
    </aside>
  )
}
