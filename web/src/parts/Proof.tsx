// Some acts need a passkey that verified its owner in the last ten minutes: plain
// values and approvals. Where the server says so, the person is asked here, and the
// act is done again.

import { Alert, Button, Modal } from 'antd'
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Problem } from '../api/client'
import { cameBack, leaveToStepUp, stepUpByOidc, ways } from '../api/oidc'
import { asksForPasskey, canUsePasskeys, stepUp } from '../api/passkey'

type Proved = <T>(act: () => Promise<T>) => Promise<T>

const Context = createContext<Proved>((act) => act())

/** Does an act; if the server wants a fresh passkey, asks for it and does it again. */
export function useProved(): Proved {
  return use(Context)
}

export function ProofProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const waiting = useRef<(proved: boolean) => void>(undefined)
  const [asked, setAsked] = useState<Problem | null>(null)
  const [wrong, setWrong] = useState('')
  const [busy, setBusy] = useState(false)

  const [company, setCompany] = useState(false)
  useEffect(() => {
    const back = cameBack()
    if (back) stepUpByOidc(back).catch(() => {}) // the act is refused again, and says why
  }, [])
  useEffect(() => {
    if (asked)
      ways().then(
        (w) => setCompany(w.oidc_step_up),
        () => {},
      )
  }, [asked])

  const settle = useCallback((proved: boolean) => {
    setAsked(null)
    waiting.current?.(proved)
    waiting.current = undefined
  }, [])

  const proved = useCallback<Proved>(async (act) => {
    try {
      return await act()
    } catch (e) {
      if (!asksForPasskey(e) || !canUsePasskeys()) throw e
      setWrong('')
      setAsked(e)
      waiting.current?.(false) // a question that a newer one replaces
      const may = await new Promise<boolean>((resolve) => {
        waiting.current = resolve
      })
      if (!may) throw e
    }
    return act()
  }, [])

  const verify = async () => {
    setBusy(true)
    setWrong('')
    try {
      await stepUp()
      settle(true)
    } catch (e) {
      setWrong(e instanceof Problem ? e.detail || t('common.unreachable') : t('signin.noPasskeyUsed'))
    } finally {
      setBusy(false)
    }
  }

  const value = useMemo(() => proved, [proved])
  return (
    <Context value={value}>
      {children}
      <Modal
        open={asked !== null}
        title={t('signin.stepUp')}
        onCancel={() => settle(false)}
        destroyOnHidden
        footer={
          <>
            <Button onClick={() => settle(false)}>{t('common.cancel')}</Button>
            {company ? <Button onClick={() => void leaveToStepUp()}>{t('signin.company')}</Button> : null}
            <Button type="primary" autoFocus loading={busy} onClick={() => void verify()} data-testid="step-up">
              {t('signin.verify')}
            </Button>
          </>
        }
      >
        <p>{asked?.detail}</p>
        <p className="soft">{t('signin.stepUpHow')}</p>
        {wrong ? <Alert type="warning" showIcon title={wrong} /> : null}
      </Modal>
    </Context>
  )
}
