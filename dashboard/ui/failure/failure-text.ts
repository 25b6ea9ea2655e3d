import './failure-texts.ts'
import { foreignAnswer, RestError } from '../../core/connection/http-client.ts'
import type { Translator } from '../../core/text/translate.ts'

/** Statuses of a server that is there, and asks to be left alone for a while. */
const tryLater: readonly number[] = [429, 503]

/**
 * What went wrong with a call, for people, in the language of the page: the words of the server's code, the fields that it
 * names, and when to try again. Only a code that this page has no words for, of a newer server, leaves the server's own
 * sentence.
 */
export function failureText(error: unknown, text: Translator): string {
  if (!(error instanceof RestError)) return text.t('error.unknown')
  if (error.status === 0) return text.t('login.unreachable')
  if (error.code === foreignAnswer) return text.t('error.foreign')
  const fields = (error.problem.errors ?? []).map(({ path, message }) => `${path}: ${message}`)
  return [`${reasonOf(error, text)}${laterWords(error, text)}`, ...fields].join(' · ')
}

function reasonOf({ code, problem, status }: RestError, text: Translator): string {
  const known = `error.code.${code}`
  if (text.has(known)) return text.t(known)
  // What stands before the server answers for it with a page of its own.
  if (status >= 500 && code === '') return text.t('login.unreachable')
  return problem.detail ?? problem.title ?? text.t('error.status', { status })
}

function laterWords({ status, retryAfterS }: RestError, text: Translator): string {
  if (!tryLater.includes(status)) return ''
  if (retryAfterS === undefined) return ` ${text.t('error.tryLater')}`
  return ` ${text.t('error.tryIn', { age: text.age(retryAfterS * 1000) })}`
}
