import { RestError } from '../core/rest.ts'
import type { Translator } from '../core/translate.ts'

/** What went wrong with a call, for people: the server's own sentence where it gave one. */
export function failureText(error: unknown, text: Translator): string {
  if (!(error instanceof RestError)) return text.t('error.unknown')
  if (error.status === 0) return text.t('login.unreachable')
  if (error.status === 403) return text.t('error.forbidden')
  const fields = (error.problem.errors ?? []).map(({ path, message }) => `${path}: ${message}`)
  return [
    error.problem.detail ?? error.problem.title ?? text.t('error.status', { status: error.status }),
    ...fields,
  ].join(' · ')
}
