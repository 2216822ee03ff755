// Sign-in at the company's identity provider: the browser leaves, and comes back with
// an answer in its address. The answer is taken out of the address at once.

import { ask } from './client'

interface Back {
  code: string
  state: string
  iss?: string
}

function takeBack(): Back | null {
  if (location.pathname !== '/console/oidc') return null
  const said = new URLSearchParams(location.search)
  history.replaceState(null, '', '/console/')
  const iss = said.get('iss')
  return { code: said.get('code') ?? '', state: said.get('state') ?? '', ...(iss ? { iss } : {}) }
}

let back = takeBack()

/** What the provider answered; it serves once. */
export function cameBack(): Back | null {
  const b = back
  back = null
  return b
}

export const ways = () => ask('get', '/v1/sign-in', {})

export async function leaveToSignIn() {
  location.assign((await ask('post', '/v1/sign-in/oidc/options', {})).address)
}

export async function leaveToStepUp() {
  location.assign((await ask('post', '/v1/step-up/oidc/options', {})).address)
}

export const signInByOidc = (b: Back) => ask('post', '/v1/sign-in/oidc', { body: b })
export const stepUpByOidc = (b: Back) => ask('post', '/v1/step-up/oidc', { body: b })
