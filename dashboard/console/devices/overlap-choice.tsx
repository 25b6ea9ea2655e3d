import type { ListedDevice } from '../../core/connection/registry.ts'
import { useCity, useText } from '../../ui/core-context.tsx'
import { momentText } from '../key-facts.tsx'

/** Whether the key before works on for a while, and which one ends now. */
export function OverlapChoice(props: { device: ListedDevice; endOld: boolean; onChange: (endOld: boolean) => void }) {
  const text = useText()
  const { nowMs } = useCity().moment
  const { oldKey, revokedAt } = props.device
  // What was revoked has no key that could work on.
  if (revokedAt !== null) return null
  return (
    <>
      {oldKey !== null && (
        <p className="form-error" data-warning="oldest-ends">
          {text.t('confirm.key.oldest', { time: momentText(oldKey.until, text, nowMs) })}
        </p>
      )}
      <label className="field-check">
        <input
          type="checkbox"
          name="endOld"
          checked={props.endOld}
          onChange={(event) => props.onChange(event.currentTarget.checked)}
        />
        <span>{text.t('confirm.key.now')}</span>
      </label>
    </>
  )
}
