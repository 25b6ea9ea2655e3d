import { unknown } from '../../core/city/known.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { useSystemFaults } from '../../ui/hooks/use-system-faults.ts'
import { SystemFaultList } from '../../ui/system-fault-list.tsx'
import { Fact } from './fact.tsx'
import { HealthPanel } from './health-panel.tsx'

/** What of our own is wrong, how old the data are, and until when the server can show who it is. */
export function TrustPanel() {
  const text = useText()
  const city = useCity()
  const faults = useSystemFaults()
  // One that is behind sends too, with moments that cannot be the present.
  const clocks = city.devices.filter(
    ({ clockWrong, stateReason }) => clockWrong || stateReason === 'clock-behind',
  ).length
  return (
    <HealthPanel name="trust" title={text.t('health.trust')}>
      {({ pipeline }) => {
        const { certificate } = pipeline
        return (
          <>
            {faults.length === 0 ? (
              <p className="calm">{text.t('health.noFaults')}</p>
            ) : (
              <SystemFaultList faults={faults} />
            )}
            <ul className="readouts">
              <Fact name={text.t('health.dataAge')}>{city.dataAgeMs === null ? '—' : text.age(city.dataAgeMs)}</Fact>
              <Fact name={text.t('health.unknown')}>
                {text.count(city.count === unknown ? unknown : city.count.unknown)}
              </Fact>
              <Fact name={text.t('health.clocks')} wrong={clocks > 0}>
                {text.number(clocks)}
              </Fact>
              <Fact name={text.t('health.certificate')}>
                {certificate === null ? text.t('health.noTls') : text.date(Date.parse(certificate.notAfter))}
              </Fact>
            </ul>
          </>
        )
      }}
    </HealthPanel>
  )
}
