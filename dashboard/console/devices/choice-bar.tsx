import type { ReactNode } from 'react'
import type { BulkResult } from '../../core/kit/bulk-edit.ts'
import { useText } from '../../ui/core-context.tsx'
import type { Choosing } from './use-row-choice.ts'

/** What was made of a change of many. */
export function useResultWords(): (result: BulkResult) => string {
  const text = useText()
  return ({ changed, unchanged, left }) => {
    const words = [text.t('bulk.changed', { n: text.number(changed) })]
    if (unchanged > 0) words.push(text.t('bulk.unchanged', { n: text.number(unchanged) }))
    if (left > 0) words.push(text.t('bulk.left', { n: text.number(left) }))
    return words.join(' · ')
  }
}

/**
 * What can be done with the chosen rows: `children`, each a button. Its place is there also while nothing is chosen, or the
 * list would jump.
 */
export function ChoiceBar(props: {
  choosing: Choosing
  /** Chosen, but not shown by the filter. */
  hidden: number
  result: BulkResult | undefined
  onClear: () => void
  children: ReactNode
}) {
  const text = useText()
  const resultWords = useResultWords()
  const { choosing, hidden, result } = props
  const count = choosing.ids.size
  const words = [text.t('choice.count', { n: text.number(count) })]
  if (hidden > 0) words.push(text.t('choice.hidden', { n: text.number(hidden) }))
  if (result !== undefined) words.push(resultWords(result))
  return (
    <fieldset
      className="choice-bar"
      aria-label={text.t('choice.bar')}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || count === 0) return
        event.preventDefault()
        props.onClear()
      }}
    >
      <p role="status">{count === 0 ? '' : words.join(' · ')}</p>
      {count === 0 && <p className="faint">{text.t('choice.hint')}</p>}
      {count > 0 && (
        <>
          {props.children}
          <button type="button" onClick={props.onClear}>
            {text.t('choice.clear')}
          </button>
        </>
      )}
    </fieldset>
  )
}
