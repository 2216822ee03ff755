import { Button } from 'antd'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { NavLink, useLocation } from 'react-router'
import { languages, switchTo } from '../i18n'
import { type Duty, dutiesOf, useSession } from './session'
import { useLook } from './theme'

type Link = {
  to: string
  duty: Duty
  text: 'desk' | 'complaints' | 'trace' | 'whoSaw' | 'whatGot' | 'ledger' | 'witnesses'
}

const links: Link[] = [
  { to: '/desk', duty: 'desk', text: 'desk' },
  { to: '/complaints', duty: 'officer', text: 'complaints' },
  { to: '/trace', duty: 'officer', text: 'trace' },
  { to: '/who-saw', duty: 'officer', text: 'whoSaw' },
  { to: '/what-got', duty: 'officer', text: 'whatGot' },
  { to: '/ledger', duty: 'auditor', text: 'ledger' },
  { to: '/witnesses', duty: 'auditor', text: 'witnesses' },
]

/** Switches language and look; also on the sign-in page. */
export function Preferences() {
  const { t, i18n } = useTranslation()
  const { look, turn } = useLook()
  const other = languages.find((l) => l !== i18n.language) ?? 'en'
  return (
    <>
      <Button type="text" lang={other} onClick={() => void switchTo(other)}>
        {other === 'en' ? 'English' : '中文'}
      </Button>
      <Button type="text" onClick={turn} aria-pressed={look === 'dark'}>
        {t(look === 'dark' ? 'common.light' : 'common.dark')}
      </Button>
    </>
  )
}

/** The frame around every page of who is signed in. */
export function Frame({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const { me, end } = useSession()
  const duties = dutiesOf(me?.kind ?? '')
  const main = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  const page = pathname.split('/')[1]
  useEffect(() => {
    if (page !== undefined) main.current?.focus() // a new page: a screen reader begins there
  }, [page])
  return (
    <div className="frame">
      <a className="skip" href="#main">
        {t('common.skip')}
      </a>
      <header>
        <span className="brand">{t('common.product')}</span>
        <nav aria-label={t('common.pages')}>
          {links
            .filter((l) => duties.includes(l.duty))
            .map((l) => (
              <NavLink key={l.to} to={l.to}>
                {t(`common.nav.${l.text}`)}
              </NavLink>
            ))}
        </nav>
        <div className="right">
          <Preferences />
          <span className="who" data-testid="who">
            {me?.person}
          </span>
          <Button onClick={() => void end()}>{t('common.signOut')}</Button>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}
