import { RestError } from '../core/rest.ts'
import type { Translator } from '../core/translate.ts'

/**
 * What went wrong with a call, for people, in the language of the page: the words of the server's code, and the fields
 * that it names. Only a code that this page has no words for, of a newer server, leaves the server's own sentence.
 */
export function failureText(error: unknown, text: Translator): string {
  if (!(error instanceof RestError)) return text.t('error.unknown')
  if (error.status === 0) return text.t('login.unreachable')
  const fields = (error.problem.errors ?? []).map(({ path, message }) => `${path}: ${message}`)
  return [reasonOf(error, text), ...fields].join(' · ')
}

function reasonOf({ code, problem, status }: RestError, text: Translator): string {
  const known = `error.code.${code}`
  if (text.has(known)) return text.t(known)
  return problem.detail ?? problem.title ?? text.t('error.status', { status })
}
