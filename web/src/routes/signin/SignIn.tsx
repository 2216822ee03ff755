import { Alert, Button, Input } from 'antd'
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, Problem } from '../../api/client'
import { cameBack, leaveToSignIn, signInByOidc, ways } from '../../api/oidc'
import { canUsePasskeys, enrolPasskey, NoPasskey, signInByPasskey, signInByPassword } from '../../api/passkey'
import { Preferences } from '../../app/Frame'
import { useSession } from '../../app/session'
import { Failure } from '../../parts/Failure'

type Step = { is: 'sign-in' } | { is: 'keep'; code: string } | { is: 'enrol' }

/** Signs in: with a passkey, with a password and a passkey, or with a one-time code.
 * A code's next one is shown once, and then a passkey is offered. */
export function SignIn() {
  const { t } = useTranslation()
  const { begin } = useSession()
  const [step, setStep] = useState<Step>({ is: 'sign-in' })
  const { act, busy, said } = useAct()

  const [company, setCompany] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the provider answered serves once
  useEffect(() => {
    const back = cameBack()
    if (back) act(() => signInByOidc(back).then(begin))
    ways().then(
      (w) => setCompany(w.oidc),
      () => {}, // the other ways are there all the same
    )
  }, [])

  const byCode = async (code: string) => {
    const got = await ask('post', '/v1/sessions', { body: { code, cookie: true } })
    if (got.next_code) setStep({ is: 'keep', code: got.next_code })
    else await begin()
  }
  const kept = async () => {
    const have = await ask('get', '/v1/account', {})
    if (have.passkeys.length > 0 || !canUsePasskeys()) await begin()
    else setStep({ is: 'enrol' })
  }

  return (
    <main className="signin sheet gap" id="main">
      <div className="acts">
        <h1>{t('signin.title')}</h1>
        <Preferences />
      </div>
      {said}
      {step.is === 'keep' ? (
        <>
          <Alert type="warning" showIcon title={t('signin.keepIt')} description={t('signin.whyKeep')} />
          <p>
            <output className="mono" data-testid="next-code">
              {step.code}
            </output>
          </p>
          <Button type="primary" autoFocus loading={busy} onClick={() => act(kept)} data-testid="kept">
            {t('signin.kept')}
          </Button>
        </>
      ) : null}
      {step.is === 'enrol' ? (
        <>
          <h2>{t('signin.enrol')}</h2>
          <p>{t('signin.enrolHow')}</p>
          <div className="acts">
            <Button
              type="primary"
              autoFocus
              loading={busy}
              onClick={() => act(() => enrolPasskey(false).then(begin))}
              data-testid="enrol"
            >
              {t('signin.enrolNow')}
            </Button>
            <Button onClick={() => act(begin)} data-testid="later">
              {t('signin.later')}
            </Button>
          </div>
        </>
      ) : null}
      {step.is === 'sign-in' ? (
        <Ways
          busy={busy}
          company={company ? () => act(leaveToSignIn) : undefined}
          passkey={() => act(() => signInByPasskey().then(begin))}
          password={(person, word) => act(() => signInByPassword(person, word).then(begin))}
          code={(code) => act(() => byCode(code))}
        />
      ) : null}
    </main>
  )
}

/** Does one thing at a time and says what went wrong with it. */
function useAct() {
  const { t } = useTranslation()
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const act = (what: () => Promise<unknown>) => {
    setBusy(true)
    setError(null)
    what()
      .catch(setError)
      .finally(() => setBusy(false))
  }
  let said: ReactNode = null
  if (error instanceof NoPasskey) said = <Alert type="warning" showIcon title={t('signin.noPasskeyUsed')} />
  else if (error) said = <Failure error={error instanceof Problem ? error : new Problem(500, {})} />
  return { act, busy, said }
}

interface WaysProps {
  busy: boolean
  company: (() => void) | undefined
  passkey: () => void
  password: (person: string, word: string) => void
  code: (code: string) => void
}

function Ways({ busy, company, passkey, password, code }: WaysProps) {
  const { t } = useTranslation()
  const can = canUsePasskeys()
  const read = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault()
    const form = new FormData(e.currentTarget)
    return (name: string) => String(form.get(name) ?? '').trim()
  }
  return (
    <>
      {company ? (
        <Button block disabled={busy} onClick={company} data-testid="company">
          {t('signin.company')}
        </Button>
      ) : null}
      {can ? (
        <section className="gap" aria-label={t('signin.passkey')}>
          <Button type="primary" block disabled={busy} onClick={passkey} data-testid="passkey">
            {t('signin.passkey')}
          </Button>
          <details>
            <summary>{t('signin.withPassword')}</summary>
            <form
              className="gap"
              onSubmit={(e) => {
                const of = read(e)
                if (of('person') && of('password')) password(of('person'), of('password'))
              }}
            >
              <label className="block" htmlFor="person">
                {t('signin.person')}
                <Input id="person" name="person" autoComplete="username" maxLength={40} required />
              </label>
              <label className="block" htmlFor="password">
                {t('signin.password')}
                <Input.Password
                  id="password"
                  name="password"
                  autoComplete="current-password"
                  maxLength={512}
                  visibilityToggle={false}
                  required
                />
              </label>
              <Button htmlType="submit" disabled={busy}>
                {t('signin.passwordGo')}
              </Button>
            </form>
          </details>
        </section>
      ) : (
        <p className="soft">{t('signin.noPasskeysHere')}</p>
      )}
      <form
        className="gap"
        onSubmit={(e) => {
          const of = read(e)
          if (of('code')) code(of('code'))
        }}
      >
        <p className="soft">{t('signin.how')}</p>
        <label className="block" htmlFor="code">
          {t('signin.code')}
          <Input.Password
            id="code"
            name="code"
            autoComplete="one-time-code"
            autoFocus
            maxLength={64}
            visibilityToggle={false}
            required
          />
        </label>
        <Button htmlType="submit" loading={busy} data-testid="by-code">
          {t('signin.go')}
        </Button>
      </form>
    </>
  )
}
