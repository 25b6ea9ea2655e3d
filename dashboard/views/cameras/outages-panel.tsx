import type { SeenDevice } from '../../core/city/city.ts'
import { AttentionRow } from '../../frame/attention-row.tsx'
import { useDeviceAttention } from '../../frame/use-attention.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { useWholeRows } from '../../ui/hooks/use-whole-rows.ts'
import { Panel } from '../../ui/panel.tsx'

const maxRows = 50

/** Cameras that show nothing, or the same picture for too long; the gravest first. */
export function OutagesPanel({ only, scrolls }: { only: (device: SeenDevice) => boolean; scrolls: boolean }) {
  const text = useText()
  const city = useCity()
  const outages = useDeviceAttention(only)
  const { list, whole } = useWholeRows<HTMLOListElement>(outages.length, maxRows)
  const rows = outages.slice(0, scrolls ? maxRows : whole)
  const count =
    rows.length < outages.length
      ? text.t('attention.some', { n: rows.length, of: outages.length })
      : text.number(outages.length)
  const calm =
    city.presence === 'present' ? 'cctv.noOutage' : city.presence === 'lost' ? 'attention.notKnown' : 'value.notKnown'
  return (
    <Panel
      name="outages"
      title={text.t('cctv.outages')}
      aside={outages.length > 0 ? (city.presence === 'lost' ? text.t('attention.before') : count) : undefined}
    >
      {outages.length === 0 ? (
        <p className="calm">{text.t(calm)}</p>
      ) : (
        <ol className="attention-list" ref={list}>
          {rows.map((item) => (
            <AttentionRow key={item.device.id} item={item} />
          ))}
        </ol>
      )}
    </Panel>
  )
}
