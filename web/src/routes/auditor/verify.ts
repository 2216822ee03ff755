import { fetchBytes } from '../../api/client'
import { isIncluded, isSigned, leafAt, parseCheckpoint, tilePath } from './tree'

export interface Verified {
  size: number
  root: string
  included: boolean
  /** undefined: no key was given to check the signature with. */
  signed: boolean | undefined
}

export async function checkpoint() {
  const text = new TextDecoder().decode(await fetchBytes('/v1/ledger/checkpoint', {}))
  return { text, ...parseCheckpoint(text) }
}

/** Follows an entry to the signed checkpoint, with hashes made here. */
export async function verify(index: number, vkey: string): Promise<Verified> {
  const c = await checkpoint()
  const signed = vkey.trim() === '' ? undefined : await isSigned(c, vkey)
  if (index >= c.size) return { size: c.size, root: c.root, included: false, signed }
  const n = Math.floor(index / 256)
  const bundle = await fetchBytes('/v1/ledger/tile/entries/{rest}', {
    path: { rest: tilePath(n, Math.min(256, c.size - n * 256)) },
  })
  const tiles = (level: number, tile: number, width: number) =>
    fetchBytes('/v1/ledger/tile/{rest}', { path: { rest: `${level}/${tilePath(tile, width)}` } })
  const included = await isIncluded(leafAt(bundle, index % 256), index, c.size, c.root, tiles)
  return { size: c.size, root: c.root, included, signed }
}
