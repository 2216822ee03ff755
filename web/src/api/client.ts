// The only way to the server: one typed function over the generated description of
// the API. Nothing here keeps an answer. The session is in a cookie that no script
// reads; the browser sends it.

import type { components, paths } from './schema'

export type Schemas = components['schemas']
export type Reason = Schemas['Reason']

type Verb = 'get' | 'post' | 'delete'
type PathsWith<V extends Verb> = {
  [P in keyof paths]: paths[P][V] extends { responses: unknown } ? P : never
}[keyof paths]
type Operation<P extends keyof paths, V extends Verb> = paths[P][V]

type Json<R> = R extends { content: { 'application/json': infer B } } ? B : never
type Good<R> =
  R extends Record<string | number, unknown>
    ? Json<R[200 & keyof R]> | Json<R[201 & keyof R]> | Json<R[202 & keyof R]>
    : never
export type Answer<P extends keyof paths, V extends Verb> =
  Operation<P, V> extends { responses: infer R } ? Good<R> : never

type PathParameters<O> = O extends { parameters: { path: infer Q } } ? { path: Q } : { path?: never }
type QueryParameters<O> = O extends { parameters: { query: infer Q } }
  ? { query: Q }
  : O extends { parameters: { query?: infer Q } }
    ? { query?: Q }
    : { query?: never }
type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } }
  ? { body: B }
  : O extends { requestBody?: { content: { 'application/json': infer B } } }
    ? { body?: B }
    : { body?: never }

export type Asked<P extends keyof paths, V extends Verb> = PathParameters<Operation<P, V>> &
  QueryParameters<Operation<P, V>> &
  Body<Operation<P, V>> & { key?: string; signal?: AbortSignal }

/** A refusal or a failure, in the server's own words; never what was sent. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly id: string
  readonly highest: string
  readonly reasons: Reason[]
  readonly places: string[]
  /** The line of a text that is wrong; 0: none is named. */
  readonly line: number

  constructor(status: number, body: Partial<Schemas['Problem']>) {
    super(body.code ?? 'unreachable')
    this.status = status
    this.code = body.code ?? 'unreachable'
    this.detail = body.detail ?? ''
    this.id = body.id ?? ''
    this.highest = body.highest ?? ''
    this.reasons = body.reasons ?? []
    this.places = (body.errors ?? []).map((e) => e.where)
    this.line = body.errors?.find((e) => e.line)?.line ?? 0
  }
}

let spoken = 'zh'
let ended: () => void = () => {}

/** The language in which the server answers. */
export function speak(language: string) {
  spoken = language
}

/** What happens when the server says that nobody is signed in. */
export function whenEnded(then: () => void) {
  ended = then
}

function address(path: string, asked: { path?: unknown; query?: unknown }): string {
  const named = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    String((asked.path as Record<string, unknown>)[name])
      .split('/')
      .map(encodeURIComponent)
      .join('/'),
  )
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries((asked.query ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
  return query.size > 0 ? `${named}?${query}` : named
}

async function send(verb: Verb, path: string, asked: Asked<keyof paths, Verb>): Promise<Response> {
  const headers: Record<string, string> = { 'Accept-Language': spoken }
  if (asked.key) headers['Idempotency-Key'] = asked.key
  const request: RequestInit = { method: verb.toUpperCase(), headers, cache: 'no-store', credentials: 'same-origin' }
  if (asked.body !== undefined) {
    headers['Content-Type'] = 'application/json'
    request.body = JSON.stringify(asked.body)
  }
  if (asked.signal) request.signal = asked.signal
  let response: Response
  try {
    response = await fetch(address(path, asked), request)
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e
    throw new Problem(0, {})
  }
  if (response.ok) return response
  const body = await response.json().catch(() => ({}))
  if (response.status === 401) ended()
  throw new Problem(response.status, body as Partial<Schemas['Problem']>)
}

/** Asks the API. Whatever is no success is thrown as a [Problem]. */
export async function ask<V extends Verb, P extends PathsWith<V>>(
  verb: V,
  path: P,
  asked: Asked<P, V>,
): Promise<Answer<P, V>> {
  const response = await send(verb, path as string, asked as Asked<keyof paths, Verb>)
  if (response.status === 204) return undefined as Answer<P, V>
  return (await response.json()) as Answer<P, V>
}

/** Asks for bytes: tiles, checkpoints, packs. */
export async function fetchBytes<P extends PathsWith<'get'>>(path: P, asked: Asked<P, 'get'>): Promise<Uint8Array> {
  const response = await send('get', path as string, asked as Asked<keyof paths, Verb>)
  return new Uint8Array(await response.arrayBuffer())
}

/** Asks for bytes whose handing out is recorded first. */
export async function fetchPosted<P extends PathsWith<'post'>>(path: P, asked: Asked<P, 'post'>): Promise<Uint8Array> {
  const response = await send('post', path as string, asked as Asked<keyof paths, Verb>)
  return new Uint8Array(await response.arrayBuffer())
}

/** A key under which a request may be repeated without being done twice. */
export function newKey(): string {
  return crypto.randomUUID()
}
