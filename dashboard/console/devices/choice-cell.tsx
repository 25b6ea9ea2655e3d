// biome-ignore-all lint/a11y/useSemanticElements: rows of a virtual list cannot stand in a table element.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys are handled once, for all rows.
// biome-ignore-all lint/a11y/useFocusableInteractive: the keyboard moves by rows, not by cells.
import { useText } from '../../ui/core-context.tsx'
import type { Choosing } from './use-row-choice.ts'

/** Whether the key did anything: nothing is cleared where nothing is chosen. */
export function chooseBy(key: 'toggle' | 'choose-all' | 'clear', choosing: Choosing, id: string): boolean {
  if (key === 'clear' && choosing.ids.size === 0) return false
  if (key === 'toggle') choosing.toggle(id)
  else if (key === 'clear') choosing.clear()
  else choosing.all()
  return true
}

/** The box is for the mouse; the keyboard chooses by the row. */
export function ChoiceCell(props: { name: string; chosen: boolean; onChoose: (shift: boolean) => void }) {
  const text = useText()
  return (
    <span role="gridcell" className="col-choice" onClick={(event) => event.stopPropagation()}>
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={text.t('choice.row', { name: props.name })}
        checked={props.chosen}
        onChange={({ nativeEvent: pressed }) => props.onChoose('shiftKey' in pressed && pressed.shiftKey === true)}
      />
    </span>
  )
}
