import './failure-texts.ts'
import type { ReactNode } from 'react'
import { useText } from '../core-context.tsx'

/**
 * What went wrong with something that somebody has just done, or that a page asked for. Its place is there before the words
 * are, or screen readers would not read them; and it is polite, for only the gravest may break in on somebody.
 */
export function Failure({ children, onRetry }: { children: ReactNode; onRetry?: () => void }) {
  const text = useText()
  const some = children !== undefined && children !== null && children !== false && children !== ''
  return (
    <div role="status" className="failure">
      {some && <p className="form-error">{children}</p>}
      {some && onRetry !== undefined && (
        <button type="button" onClick={onRetry}>
          {text.t('error.retry')}
        </button>
      )}
    </div>
  )
}
