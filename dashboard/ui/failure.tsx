import type { ReactNode } from 'react'

/**
 * What went wrong with something that somebody has just done. Its place is there before the words are, or screen readers
 * would not read them; and it is polite, for only the gravest may break in on somebody.
 */
export function Failure({ children }: { children: ReactNode }) {
  const some = children !== undefined && children !== null && children !== false && children !== ''
  return (
    <div role="status" className="failure">
      {some && <p className="form-error">{children}</p>}
    </div>
  )
}
