import type { Translator } from '../../core/text/translate.ts'
import { useText } from '../../ui/core-context.tsx'
import { Counts } from './counts.tsx'
import { HealthPanel } from './health-panel.tsx'

function named(reason: string, text: Translator): string {
  const key = `refused.${reason}`
  return text.has(key) ? text.t(key) : reason
}

/** Who is connected, and what was turned away at the door. */
export function DoorPanel() {
  const text = useText()
  return (
    <HealthPanel name="door" title={text.t('health.door')}>
      {({ pipeline: { broker } }) => {
        const refused = Object.entries(broker.refused)
          .filter(([, n]) => n > 0)
          .sort(([, a], [, b]) => b - a)
        return (
          <>
            <p className="coverage-main">
              <strong>{broker.up ? text.number(broker.connected) : text.t('tile.system.down')}</strong>
              <span>{text.t('health.door.connected')}</span>
            </p>
            {refused.length === 0 ? (
              <p className="calm">{text.t('pipeline.noneRefused')}</p>
            ) : (
              <Counts rows={refused.map(([key, n]) => ({ key, n, name: named(key, text) }))} />
            )}
          </>
        )
      }}
    </HealthPanel>
  )
}
