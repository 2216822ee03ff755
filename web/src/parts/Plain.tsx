// The one component that may hold a plaintext. It writes it into the page and
// nowhere else: no state, no cache, no URL, no title, no clipboard. It is cleared
// when the reader looks away, after a while, and when the page goes.

import { App, Button } from 'antd'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, newKey, Problem, type Schemas } from '../api/client'
import { word } from '../i18n'
import { useProved } from './Proof'
import { Reasons } from './Reasons'

/** How long a plaintext stays, in milliseconds. */
export const shownFor = 30_000

interface Props {
  request: Omit<Schemas['DisclosureInBody'], 'form' | 'fields' | '$schema'>
  field: string
  /** The answer's mark and id, never a value. */
  onShown: (mark: { id: string; at: string }) => void
}

export function Plain({ request, field, onShown }: Props) {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const proved = useProved()
  const place = useRef<HTMLOutputElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [shown, setShown] = useState(false)
  const [busy, setBusy] = useState(false)

  const clear = useCallback(() => {
    clearTimeout(timer.current)
    if (place.current) place.current.textContent = ''
    setShown(false)
  }, [])

  useEffect(() => {
    const away = () => {
      if (document.hidden) clear()
    }
    document.addEventListener('visibilitychange', away)
    window.addEventListener('blur', clear)
    window.addEventListener('pagehide', clear)
    return () => {
      document.removeEventListener('visibilitychange', away)
      window.removeEventListener('blur', clear)
      window.removeEventListener('pagehide', clear)
      clearTimeout(timer.current)
    }
  }, [clear])

  const show = async () => {
    setBusy(true)
    try {
      const got = await proved(() =>
        ask('post', '/v1/disclosures', { body: { ...request, form: 'plain', fields: [field] }, key: newKey() }),
      )
      const out = place.current
      if (out) {
        out.textContent = got.results[0]?.values?.[field] ?? ''
        out.focus()
        timer.current = setTimeout(clear, shownFor)
        setShown(true)
        onShown({ id: got.id, at: got.at })
      }
    } catch (e) {
      if (!(e instanceof Problem)) throw e
      modal.warning({
        title: e.detail || t('common.unreachable'),
        content: <Reasons problem={e} />,
        okText: t('common.understood'),
      })
    } finally {
      setBusy(false)
    }
  }

  return (
    <span>
      <output
        ref={place}
        className="plain"
        tabIndex={shown ? 0 : -1}
        onBlur={clear}
        onCopy={(e) => e.preventDefault()}
      />
      {shown ? (
        <Button size="small" onClick={clear}>
          {t('desk.hide')}
        </Button>
      ) : (
        <Button
          size="small"
          loading={busy}
          onClick={() => void show()}
          aria-label={t('desk.askFor', { field: word('field', field) })}
        >
          {t('desk.askPlain')}
        </Button>
      )}
    </span>
  )
}
