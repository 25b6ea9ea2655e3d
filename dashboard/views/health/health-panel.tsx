import type { ReactNode } from 'react'
import type { Flow } from '../../../domain/system/data-flow.ts'
import { useText } from '../../ui/core-context.tsx'
import { usePresentFlow } from '../../ui/hooks/use-present-flow.ts'
import { Panel } from '../../ui/panel.tsx'

/** A subject of the system's health; says that nothing is known while the counters are not fed. */
export function HealthPanel(props: { name: string; title: string; children: (flow: Flow) => ReactNode }) {
  const text = useText()
  const flow = usePresentFlow()
  return (
    <Panel name={props.name} title={props.title}>
      {flow === null ? <p className="health-unknown">{text.t('value.none')}</p> : props.children(flow)}
    </Panel>
  )
}
