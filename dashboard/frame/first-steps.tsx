import { useText } from '../ui/core-context.tsx'
import { placeStyle, usePlaces } from '../ui/place.tsx'

/** Nothing is registered: how the first device gets here. */
export function FirstSteps() {
  const text = useText()
  const place = usePlaces()?.[0]
  return (
    <section className="first-steps" style={placeStyle(place)}>
      <h2>{text.t('empty.title')}</h2>
      <p>{text.t('empty.text')}</p>
      <ol>
        <li>
          {text.t('empty.console')} <a href="/konsol/perangkat">{text.t('empty.open')}</a>
        </li>
        <li>
          {text.t('empty.shell')} <code>{text.t('empty.command')}</code>
        </li>
        <li>{text.t('empty.connect')}</li>
      </ol>
    </section>
  )
}
