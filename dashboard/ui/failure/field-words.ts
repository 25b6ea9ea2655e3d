import { useEffect } from 'react'
import type { TextKey } from '../../core/text/translate.ts'
import { useText } from '../core-context.tsx'

/** What is wrong with a field, as the browser found it. */
function faultOf({ valueMissing, badInput, rangeOverflow, rangeUnderflow, stepMismatch }: ValidityState): TextKey {
  if (valueMissing) return 'field.missing'
  if (badInput) return 'field.number'
  return rangeOverflow || rangeUnderflow || stepMismatch ? 'field.range' : 'field.form'
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement

const isField = (target: EventTarget | null): target is Field =>
  target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement

/** What the browser says of a field that is not filled in rightly is said in the language of the page, with the field's own hint. */
export function useFieldWords(): void {
  const text = useText()
  useEffect(() => {
    const say = ({ target }: Event) => {
      if (!isField(target)) return
      target.setCustomValidity('')
      if (target.validity.valid) return
      const hint = target.closest('label')?.querySelector('small')?.textContent ?? ''
      target.setCustomValidity(`${text.t(faultOf(target.validity))} ${hint}`.trim())
    }
    const forgive = ({ target }: Event) => {
      if (isField(target)) target.setCustomValidity('')
    }
    document.addEventListener('invalid', say, true)
    for (const event of ['input', 'change']) document.addEventListener(event, forgive, true)
    return () => {
      document.removeEventListener('invalid', say, true)
      for (const event of ['input', 'change']) document.removeEventListener(event, forgive, true)
    }
  }, [text])
}
