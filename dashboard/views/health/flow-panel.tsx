import { balanceOf, lagSeconds, termOf } from '../../core/city/balance.ts'
import { unknown } from '../../core/city/known.ts'
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
        const missing = termOf(balance, 'missing')
        return (
          <>
            <p className="coverage-main">
              <strong>{perSecond === null ? '—' : text.number(perSecond, perSecond < 10 ? 1 : 0)}</strong>
              <span>{text.t('tile.flow.word')}</span>
            </p>
            <ul className="readouts" data-missing={missing}>
              <Fact name={text.t('pipeline.lag')} wrong={pipeline.lagMs !== null && pipeline.lagMs > longLagMs}>
                {text.t('pipeline.seconds', { s: text.count(lagSeconds(pipeline), 1) })}
              </Fact>
              <Fact name={text.t('pipeline.received')}>{text.count(termOf(balance, 'received'))}</Fact>
              {terms.map((term) => (
                <Fact key={term} name={text.t(`pipeline.${term}`)}>
                  {text.count(termOf(balance, term))}
                </Fact>
              ))}
              <Fact name={text.t('health.balance')} wrong={missing !== unknown && missing !== 0}>
                {missing === 0 ? text.t('health.adds') : text.count(missing)}
              </Fact>
            </ul>
          </>
        )
      }}
    </HealthPanel>
  )
}
