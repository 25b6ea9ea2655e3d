import { useText } from '../../ui/core-context.tsx'
import { Counts } from './counts.tsx'
import { HealthPanel } from './health-panel.tsx'

/** What was refused or mended on the way in; nothing is dropped without a count. */
export function NotesPanel() {
  const text = useText()
  return (
    <HealthPanel name="notes" title={text.t('health.notes')}>
      {({ pipeline }) => {
        const named = (stem: 'reject.' | 'note.', counts: Record<string, number>) =>
          Object.entries(counts)
            .filter(([, n]) => n > 0)
            .map(([name, n]) => ({ key: stem + name, name, n }))
        const rows = [...named('reject.', pipeline.rejected ?? {}), ...named('note.', pipeline.notes)].sort(
          (a, b) => b.n - a.n,
        )
        if (rows.length === 0 && pipeline.rejected === null) return <p className="calm">{text.t('pipeline.unknown')}</p>
        if (rows.length === 0) return <p className="calm">{text.t('pipeline.noneRejected')}</p>
        return <Counts rows={rows.map(({ key, name, n }) => ({ key, n, name: text.has(key) ? text.t(key) : name }))} />
      }}
    </HealthPanel>
  )
}
