// Passkeys: the browser's half of each ceremony. The server makes the options and
// checks the answers; what a passkey signs passes through here and is kept nowhere.

import { ask, Problem } from './client'

interface Options {
  ceremony: string
  public_key?: unknown
}

/** Whether this browser, on this address, can use passkeys: a number is no name that
 * a passkey could belong to. */
export function canUsePasskeys(): boolean {
  return 'PublicKeyCredential' in globalThis && !/^\[|^[\d.]+$/.test(location.hostname)
}

/** The person closed the browser's own dialog, or had no passkey to offer. */
export class NoPasskey extends Error {}

async function ceremony(run: () => Promise<Credential | null>): Promise<unknown> {
  let made: Credential | null
  try {
    made = await run()
  } catch (e) {
    if (e instanceof DOMException) throw new NoPasskey(e.name)
    throw e
  }
  if (!(made instanceof PublicKeyCredential)) throw new NoPasskey()
  return made.toJSON()
}

async function answer(o: Options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    o.public_key as PublicKeyCredentialRequestOptionsJSON,
  )
  return { ceremony: o.ceremony, credential: await ceremony(() => navigator.credentials.get({ publicKey })) }
}

export async function signInByPasskey() {
  const said = await answer(await ask('post', '/v1/sign-in/passkey/options', { body: {} }))
  return ask('post', '/v1/sign-in/passkey', { body: { ...said, cookie: true } })
}

export async function signInByPassword(person: string, password: string) {
  const said = await answer(await ask('post', '/v1/sign-in/passkey/options', { body: { password: true } }))
  return ask('post', '/v1/sign-in/password', { body: { person, password, ...said, cookie: true } })
}

export async function enrolPasskey(replace: boolean) {
  const o: Options = await ask('post', '/v1/passkeys/options', { body: { replace } })
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    o.public_key as PublicKeyCredentialCreationOptionsJSON,
  )
  const credential = await ceremony(() => navigator.credentials.create({ publicKey }))
  return ask('post', '/v1/passkeys', { body: { ceremony: o.ceremony, credential } })
}

export async function stepUp() {
  const said = await answer(await ask('post', '/v1/step-up/options', {}))
  return ask('post', '/v1/step-up', { body: said })
}

/** Whether a fresh passkey is all that a refusal asks for. */
export function asksForPasskey(e: unknown): e is Problem {
  if (!(e instanceof Problem)) return false
  return e.code === 'step-up-needed' || (e.reasons.length > 0 && e.reasons.every((r) => r.id === 'plain-needs-step-up'))
}
