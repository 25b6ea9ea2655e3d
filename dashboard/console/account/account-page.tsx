import { type ComponentProps, type ReactNode, type SubmitEvent, useState } from 'react'
import { Link } from 'wouter'
import { consolePaths } from '../../../contract/http/pages.ts'
import { answer } from '../../core/connection/answers.ts'
import type { Reads } from '../../core/connection/http-client.ts'
import { Copyable } from '../../ui/copyable.tsx'
import { useCore, useObservable, useText } from '../../ui/core-context.tsx'
import { Failure } from '../../ui/failure/failure.tsx'
import { failureText } from '../../ui/failure/failure-text.ts'
import { QrCode } from '../../ui/qr-code.tsx'

type Step = { is: 'ask' } | { is: 'scan'; secret: string; uri: string } | { is: 'done'; recoveryCodes: string[] }

const path = '/api/v1/session/totp'

/** Fields that were left empty are not sent. */
function givenIn(form: HTMLFormElement): Record<string, unknown> {
  return Object.fromEntries([...new FormData(form)].filter(([, words]) => words !== ''))
}

function PresentPassword() {
  const label = useText().t('account.password')
  return <Field name="password" label={label} type="password" autoComplete="current-password" required />
}

/** What proves a person: the password and the second factor. */
export function AccountPage() {
  const { rest, session: keeper } = useCore()
  const text = useText()
  const session = useObservable(keeper)
  const [step, setStep] = useState<Step>({ is: 'ask' })
  const [failed, setFailed] = useState<unknown>()

  async function send<T>(
    event: SubmitEvent<HTMLFormElement>,
    to: string,
    reads: Reads<T>,
    next: (answer: T) => Step,
  ): Promise<void> {
    event.preventDefault()
    try {
      setStep(next(await rest.send('POST', to, givenIn(event.currentTarget), reads)))
      setFailed(undefined)
    } catch (error) {
      setFailed(error)
    }
  }

  async function changePassword(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    try {
      await rest.send('POST', '/api/v1/session/password', givenIn(event.currentTarget))
      keeper.ended()
    } catch (error) {
      setFailed(error)
    }
  }

  return (
    <section className="page account-page" aria-label={text.t('account.factor')}>
      <header className="page-head">
        <h1>{text.t('account.title', { name: session.phase === 'in' ? session.session.username : '' })}</h1>
        <Link className="link-button" href={consolePaths.sessions}>
          {text.t('sessions.title')}
        </Link>
      </header>
      <h2>{text.t('account.factor')}</h2>
      {step.is === 'ask' && (
        <Form
          submit={text.t('account.begin')}
          onSubmit={(event) => send(event, path, answer('enrolment'), (begun) => ({ is: 'scan', ...begun }))}
        >
          <p className="faint">{text.t('account.explain')}</p>
          <PresentPassword />
          <Field name="code" label={text.t('account.code')} autoComplete="one-time-code" />
        </Form>
      )}
      {step.is === 'scan' && (
        <Form
          submit={text.t('account.confirm')}
          onSubmit={(event) =>
            send(event, `${path}/confirm`, answer('recoveryCodes'), (done) => ({ is: 'done', ...done }))
          }
        >
          <p>{text.t('account.scan')}</p>
          <QrCode words={step.uri} label={text.t('account.qr')} />
          <Copyable name="totp" label={text.t('account.secret')} words={step.secret} />
          <Field
            name="code"
            label={text.t('account.first')}
            autoComplete="one-time-code"
            inputMode="numeric"
            required
          />
        </Form>
      )}
      {step.is === 'done' && (
        <>
          <p role="status">{text.t('account.done')}</p>
          <ul className="recovery-codes">
            {step.recoveryCodes.map((code) => (
              <li key={code}>
                <code data-secret="recovery">{code}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      {step.is === 'ask' && (
        <>
          <h2>{text.t('account.change')}</h2>
          <Form submit={text.t('account.changeIt')} onSubmit={changePassword}>
            <p className="faint">{text.t('account.changeNote')}</p>
            <PresentPassword />
            <Field
              name="newPassword"
              label={text.t('account.newPassword')}
              type="password"
              autoComplete="new-password"
              minLength={12}
              required
            />
            <Field name="code" label={text.t('account.code')} autoComplete="one-time-code" />
          </Form>
        </>
      )}
      <Failure>{failed !== undefined && failureText(failed, text)}</Failure>
    </section>
  )
}

function Form(props: {
  submit: string
  onSubmit: (event: SubmitEvent<HTMLFormElement>) => Promise<void>
  children: ReactNode
}) {
  return (
    <form className="form" onSubmit={(event) => void props.onSubmit(event)}>
      {props.children}
      <footer className="form-foot">
        <button type="submit" className="primary">
          {props.submit}
        </button>
      </footer>
    </form>
  )
}

function Field({ label, ...input }: { label: string } & ComponentProps<'input'>) {
  return (
    <label className="field">
      <span>{label}</span>
      <input maxLength={256} {...input} />
    </label>
  )
}
