// Who is signed in, as far as the page needs to know to show the right pages. What
// anybody may do, the server decides.

import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from 'react'
import { type Answer, ask, Problem, whenEnded } from '../api/client'

export type Me = Answer<'/v1/me', 'get'>

interface Session {
  /** undefined: not known yet; null: nobody is signed in. */
  me: Me | null | undefined
  begin: () => Promise<void>
  end: () => Promise<void>
}

// That somebody signed in here: no secret, only a reason to ask who it is.
const kept = 'goldbell.signed-in'

/** Whether somebody signed in here before. */
export const signedIn = () => localStorage.getItem(kept) !== null

// Asked before anything is drawn: the answer is there when the pages are.
let early = signedIn() ? ask('get', '/v1/me', {}).catch((e: unknown) => e) : undefined

const Context = createContext<Session | null>(null)

export function SessionProvider({ children }: { children: ReactNode }) {
  const [me, setMe] = useState<Me | null | undefined>(() => (signedIn() ? undefined : null))
  const cache = useQueryClient()

  const forget = useCallback(() => {
    cache.clear()
    localStorage.removeItem(kept)
    setMe(null)
  }, [cache])

  useEffect(() => whenEnded(forget), [forget])

  const begin = useCallback(async () => {
    try {
      const first = await early
      early = undefined
      if (first instanceof Error) throw first
      const who = (first as Me | undefined) ?? (await ask('get', '/v1/me', {}))
      localStorage.setItem(kept, '1')
      setMe(who)
    } catch (e) {
      if (!(e instanceof Problem)) throw e
      if (e.status === 401) forget()
      else setMe(null)
    }
  }, [forget])
  useEffect(() => {
    if (signedIn()) void begin()
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
