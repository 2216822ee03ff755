// Who is signed in, as far as the page needs to know to show the right pages. What
// anybody may do, the server decides.

import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from 'react'
import { type Answer, ask, Problem, whenEnded } from '../api/client'

export type Duty = 'desk' | 'officer' | 'auditor' | 'staffing'

export type Me = Answer<'/v1/me', 'get'>

interface Session {
  /** undefined: not known yet; null: nobody is signed in. */
  me: Me | null | undefined
  begin: () => Promise<void>
  end: () => Promise<void>
}

// That somebody signed in here: no secret, only a reason to ask who it is.
const kept = 'goldbell.signed-in'

const Context = createContext<Session | null>(null)

/** Which pages a kind of person has. */
export function dutiesOf(kind: string): Duty[] {
  switch (kind) {
    case 'staff':
    case 'outsourced':
    case 'partner':
      return ['desk']
    case 'officer':
      return ['officer', 'auditor', 'staffing']
    case 'auditor':
      return ['auditor']
    case 'secadmin':
      return ['staffing']
    default:
      return []
  }
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [me, setMe] = useState<Me | null | undefined>(() => (localStorage.getItem(kept) ? undefined : null))
  const cache = useQueryClient()

  const forget = useCallback(() => {
    cache.clear()
    localStorage.removeItem(kept)
    setMe(null)
  }, [cache])

  useEffect(() => whenEnded(forget), [forget])

  const begin = useCallback(async () => {
    try {
      const who = await ask('get', '/v1/me', {})
      localStorage.setItem(kept, '1')
      setMe(who)
    } catch (e) {
      if (!(e instanceof Problem)) throw e
      setMe(null)
    }
  }, [])
  useEffect(() => {
    if (localStorage.getItem(kept)) void begin()
  }, [begin])

  const end = useCallback(async () => {
    try {
      await ask('delete', '/v1/sessions', {})
    } catch (e) {
      if (!(e instanceof Problem)) throw e // signed out here, whatever the server says
    }
    forget()
  }, [forget])

  const value = useMemo(() => ({ me, begin, end }), [me, begin, end])
  return <Context value={value}>{children}</Context>
}

export function useSession(): Session {
  const session = use(Context)
  if (!session) throw new Error('no session above')
  return session
}
