import type { BusLines } from '../../../core/bus-lines.ts'
import { useText } from '../../../ui/core-context.tsx'
import { HalvedPanel } from '../../../ui/panel.tsx'
import { Strip } from './line-strip.tsx'

/** All routes, drawn out straight. */
export function StripsPanel({ lines }: { lines: BusLines }) {
  const text = useText()
  const { strips, elsewhere } = lines
  const cut = Math.ceil(strips.length / 2)
  const list = (from: number, to: number) => (
    <ol className="strips">
      {strips.slice(from, to).map((strip) => (
        <Strip key={strip.id} strip={strip} />
      ))}
    </ol>
  )
  return (
    <HalvedPanel
      name="strips"
      title={text.t('fleet.strips')}
      aside={text.t('fleet.estimated')}
      top={strips.length === 0 ? <p className="calm">{text.t('fleet.noRoutes')}</p> : list(0, cut)}
      bottom={
        <>
          {list(cut, strips.length)}
          {elsewhere.length > 0 && (
            <p className="strip-elsewhere">{text.t('fleet.elsewhere', { n: text.number(elsewhere.length) })}</p>
          )}
        </>
      }
    />
  )
}
