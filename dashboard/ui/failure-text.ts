import { RestError } from '../core/rest.ts'
import type { Translator } from '../core/translate.ts'

/** What went wrong with a call, for people: in their language where we have it, else in the server's own sentence. */
export function failureText(error: unknown, text: Translator): string {
  if (!(error instanceof RestError)) return text.t('error.unknown')
  if (error.status === 0) return text.t('login.unreachable')
  if (error.status === 403) return text.t('error.forbidden')
  const known = `error.code.${error.code}`
  if (text.has(known)) return text.t(known)
  const fields = (error.problem.errors ?? []).map(({ path, message }) => `${path}: ${message}`)
  return [
    error.problem.detail ?? error.problem.title ?? text.t('error.status', { status: error.status }),
    ...fields,
  ].join(' · ')
}
