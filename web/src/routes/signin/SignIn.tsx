import { Alert, Button, Form, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../../api/client'
import { Preferences } from '../../app/Frame'
import { useSession } from '../../app/session'
import { Failure } from '../../parts/Failure'

/** Signs in with a one-time code. The next code is shown once, before the pages. */
export function SignIn() {
  const { t } = useTranslation()
  const { begin } = useSession()
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const [next, setNext] = useState('')

  const signIn = async ({ code }: { code: string }) => {
    setBusy(true)
    setError(null)
    try {
      const got = await ask('post', '/v1/sessions', { body: { code: code.trim(), cookie: true } })
      setNext(got.next_code ?? '')
      if (!got.next_code) await begin()
    } catch (e) {
      setError(e)
    } finally {
      setBusy(false)
    }
  }

  return (
    <main className="signin sheet gap" id="main">
      <div className="acts">
        <h1>{t('signin.title')}</h1>
        <Preferences />
      </div>
      {next !== '' ? (
        <>
          <Alert type="warning" showIcon title={t('signin.keepIt')} description={t('signin.whyKeep')} />
          <p>
            <output className="mono" data-testid="next-code">
              {next}
            </output>
          </p>
          <Button type="primary" autoFocus onClick={() => void begin()}>
            {t('signin.kept')}
          </Button>
        </>
      ) : (
        <>
          <p className="soft">{t('signin.how')}</p>
          {error ? <Failure error={error} /> : null}
          <Form layout="vertical" onFinish={(v) => void signIn(v)} requiredMark={false}>
            <Form.Item
              name="code"
              label={t('signin.code')}
              rules={[{ required: true, message: t('signin.codeNeeded') }]}
            >
              <Input.Password autoComplete="one-time-code" autoFocus maxLength={64} />
            </Form.Item>
            <Button type="primary" htmlType="submit" loading={busy}>
              {t('signin.go')}
            </Button>
          </Form>
        </>
      )}
    </main>
  )
}
