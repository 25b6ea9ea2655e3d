import { balanceOf } from '../../core/city/balance.ts'
import { useText } from '../../ui/core-context.tsx'
import { Fact } from './fact.tsx'
import { HealthPanel } from './health-panel.tsx'

/** A reading that waits longer than this is worth a look, ms. */
const longLagMs = 5000
const terms = ['stored', 'duplicates', 'rejected', 'waiting'] as const

/** How fast readings come in, and where each of them is. */
export function FlowPanel() {
  const text = useText()
  return (
    <HealthPanel name="flow" title={text.t('health.flow')}>
      {({ pipeline, perSecond }) => {
        const balance = balanceOf(pipeline)
        return (
          <>
            <p className="coverage-main">
              <strong>{perSecond === null ? '—' : text.number(perSecond, perSecond < 10 ? 1 : 0)}</strong>
              <span>{text.t('tile.flow.word')}</span>
            </p>
            <ul className="readouts" data-missing={balance.missing}>
              <Fact name={text.t('pipeline.lag')} wrong={pipeline.lagMs > longLagMs}>
                {text.t('pipeline.seconds', { s: text.number(pipeline.lagMs / 1000, 1) })}
              </Fact>
              <Fact name={text.t('pipeline.received')}>{text.number(balance.received)}</Fact>
              {terms.map((term) => (
                <Fact key={term} name={text.t(`pipeline.${term}`)}>
                  {text.number(balance[term])}
                </Fact>
              ))}
              <Fact name={text.t('health.balance')} wrong={balance.missing !== 0}>
                {balance.missing === 0 ? text.t('health.adds') : text.number(balance.missing)}
              </Fact>
            </ul>
          </>
        )
      }}
    </HealthPanel>
  )
}
