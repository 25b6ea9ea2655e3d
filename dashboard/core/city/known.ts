/** What nobody can say at present. It is no number: it is never counted with, nor drawn as one. */
export const unknown = 'unknown'
export type Known<T> = T | typeof unknown

/** A figure that is one only while it is known. */
export function knownIf<T>(is: boolean, value: T): Known<T> {
  return is ? value : unknown
}
