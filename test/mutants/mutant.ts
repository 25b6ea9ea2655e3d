/** One claim, broken on purpose: the smallest change that makes it untrue and that nothing but a test would notice. */
export interface Mutant {
  /** kebab-case, what `--only` takes. */
  id: string
  /** The claim that no longer holds, as `claims.ts` names it. */
  claim: string
  file: string
  /** Stands in the file exactly once. */
  find: string
  replace: string
  /** Files of tests of which at least one must fail; of a row of SECURITY.md: among those that the row cites. */
  tests: readonly string[]
  /** Only tests whose name begins so, where a file takes minutes. */
  only?: string
}

/** The text with the mutant in it. Throws where `find` is not there exactly once, so that the table cannot go stale unseen. */
export function withMutant(text: string, { id, file, find, replace }: Mutant): string {
  const times = text.split(find).length - 1
  if (times !== 1) throw new Error(`${id}: its text stands in ${file} ${times} times, not once`)
  return text.replace(find, () => replace)
}
