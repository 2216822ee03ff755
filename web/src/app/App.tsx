import { Spin } from 'antd'
import { Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { BrowserRouter, Navigate, Route, Routes } from 'react-router'
import { ProofProvider } from '../parts/Proof'
import { SignIn } from '../routes/signin/SignIn'
import { dutiesOf } from './duties'
import { Frame } from './Frame'
import { Guarded } from './Guarded'
import { pages, routes } from './pages'
import { useSession } from './session'
import { Theme } from './theme'

/** The first page of each kind of person. */
function Home() {
  const { me } = useSession()
  const { t } = useTranslation()
  const duty = dutiesOf(me)[0]
  const first = duty === 'auditor' ? '/ledger' : pages.find((p) => p.duty === duty && p.link)?.link
  return first ? <Navigate to={first} replace /> : <p role="alert">{t('common.noPages')}</p>
}

function Pages() {
  const { me } = useSession()
  if (me === undefined) return <Spin className="waiting" />
  if (me === null) return <SignIn />
  return (
    <ProofProvider>
      <Frame>
        <Suspense fallback={<Spin className="waiting" />}>
          <Routes>
            {routes.map(({ path, duty, Page }) => (
              <Route key={path} path={path} element={<Guarded key={path} duty={duty} page={<Page />} />} />
            ))}
            <Route path="*" element={<Home />} />
          </Routes>
        </Suspense>
      </Frame>
    </ProofProvider>
  )
}

export function App() {
  return (
    <Theme>
      <BrowserRouter basename="/console">
        <Pages />
      </BrowserRouter>
    </Theme>
  )
}
