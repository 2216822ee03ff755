import { Button } from 'antd'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { NavLink, useLocation, useNavigate } from 'react-router'
import { languages, switchTo } from '../i18n'
import { dutiesOf } from './duties'
import { pages } from './pages'
import { useSession } from './session'
import { useLook } from './theme'

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
  const duties = dutiesOf(me)
  const go = useNavigate()
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
          {pages
            .filter((p) => p.link && duties.includes(p.duty))
            .map((p) => (
              <NavLink key={p.path} to={p.link ?? ''}>
                {t(`common.nav.${p.text}`)}
              </NavLink>
            ))}
        </nav>
        <div className="right">
          <Preferences />
          <NavLink to="/account" className="who" data-testid="who" title={t('common.nav.account')}>
            {me?.person}
          </NavLink>
          <Button onClick={() => void end().then(() => go('/'))}>{t('common.signOut')}</Button>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}
