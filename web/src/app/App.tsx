import { Spin } from 'antd'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { BrowserRouter, Navigate, Route, Routes } from 'react-router'
import { SignIn } from '../routes/signin/SignIn'
import { Frame } from './Frame'
import { Guarded } from './Guarded'
import { dutiesOf, useSession } from './session'
import { Theme } from './theme'

const Desk = lazy(() => import('../routes/desk/Desk'))
const Complaints = lazy(() => import('../routes/officer/Complaints'))
const Trace = lazy(() => import('../routes/officer/Trace'))
const WhoSaw = lazy(() => import('../routes/officer/WhoSaw'))
const Ledger = lazy(() => import('../routes/auditor/Ledger'))
const Witnesses = lazy(() => import('../routes/auditor/Witnesses'))
const WhatGot = lazy(() => import('../routes/officer/WhatGot'))

/** The first page of each kind of person. */
function Home() {
  const { me } = useSession()
  const { t } = useTranslation()
  const first = { desk: '/desk', officer: '/complaints', auditor: '/ledger', staffing: '/ledger' }
  const duty = dutiesOf(me?.kind ?? '')[0]
  return duty ? <Navigate to={first[duty]} replace /> : <p role="alert">{t('common.noPages')}</p>
}

function Pages() {
  const { me } = useSession()
  if (me === undefined) return <Spin className="waiting" />
  if (me === null) return <SignIn />
  return (
    <Frame>
      <Suspense fallback={<Spin className="waiting" />}>
        <Routes>
          <Route path="/desk/:work?" element={<Guarded duty="desk" page={<Desk />} />} />
          <Route path="/complaints" element={<Guarded duty="officer" page={<Complaints />} />} />
          <Route path="/trace" element={<Guarded duty="officer" page={<Trace />} />} />
          <Route path="/who-saw/:id?" element={<Guarded duty="officer" page={<WhoSaw />} />} />
          <Route path="/what-got/:id?" element={<Guarded duty="officer" page={<WhatGot />} />} />
          <Route path="/ledger/:index?" element={<Guarded duty="auditor" page={<Ledger />} />} />
          <Route path="/witnesses" element={<Guarded duty="auditor" page={<Witnesses />} />} />
          <Route path="*" element={<Home />} />
        </Routes>
      </Suspense>
    </Frame>
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
