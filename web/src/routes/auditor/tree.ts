// Checks in the browser that an entry is in the tree a checkpoint signs. It is the
// same check as the offline verifier's, made from C2SP tiles: level 0 holds the
// hashes of entries, level L the hashes of 256 neighbours of the level below.

export interface Checkpoint {
  origin: string
  size: number
  root: string // hexadecimal
  body: string // what is signed
  signatures: { name: string; bytes: Uint8Array }[]
}

export type Tiles = (level: number, n: number, width: number) => Promise<Uint8Array>

export const hex = (b: Uint8Array) => [...b].map((x) => x.toString(16).padStart(2, '0')).join('')

export function base64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
}

async function sha256(...parts: Uint8Array[]): Promise<Uint8Array> {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    all.set(p, at)
    at += p.length
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', all))
}

export const leafHash = (leaf: Uint8Array) => sha256(Uint8Array.of(0), leaf)
const nodeHash = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(1), left, right)

/** The hash over a full subtree of 2^k hashes. */
async function fold(hashes: Uint8Array[]): Promise<Uint8Array> {
  let row = hashes
  while (row.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i + 1 < row.length; i += 2)
      above.push(await nodeHash(row[i] as Uint8Array, row[i + 1] as Uint8Array))
    row = above
  }
  return row[0] as Uint8Array
}

function split(tile: Uint8Array, width: number): Uint8Array[] {
  if (tile.length !== width * 32) throw new Error('tile')
  return Array.from({ length: width }, (_, i) => tile.slice(i * 32, i * 32 + 32))
}

/** How many hashes level L has in a tree of this size. */
const at = (size: number, level: number) => Math.floor(size / 256 ** level)

/** The root that the tiles of a tree of this size make. */
export async function rootOf(size: number, tiles: Tiles): Promise<Uint8Array> {
  let root: Uint8Array | null = null
  for (let level = 0; at(size, level) > 0; level++) {
    const width = at(size, level) % 256
    if (width === 0) continue
    const hashes = split(await tiles(level, Math.floor(at(size, level) / 256), width), width)
    // The perfect subtrees of this piece, from the right: each joins what lies to its right.
    let end = width
    for (let bit = 1; bit <= 128; bit *= 2) {
      if ((width & bit) === 0) continue
      const subtree = await fold(hashes.slice(end - bit, end))
      root = root === null ? subtree : await nodeHash(subtree, root)
      end -= bit
    }
  }
  return root ?? sha256()
}

/** Whether the leaf is entry idx of the tree: its hash stands in its tile, and each
 * full tile's hash stands in the tile above, up to those the root is made of. */
export async function isIncluded(
  leaf: Uint8Array,
  idx: number,
  size: number,
  root: string,
  tiles: Tiles,
): Promise<boolean> {
  if (idx >= size) return false
  let hash = await leafHash(leaf)
  let place = idx
  for (let level = 0; ; level++) {
    const n = Math.floor(place / 256)
    const width = Math.min(256, at(size, level) - n * 256)
    const hashes = split(await tiles(level, n, width), width)
    if (hex(hashes[place % 256] ?? new Uint8Array()) !== hex(hash)) return false
    if (width < 256) break
    hash = await fold(hashes)
    place = n
  }
  return hex(await rootOf(size, tiles)) === root
}

/** Reads a signed note: origin, size, root, an empty line, signatures. */
export function parseCheckpoint(text: string): Checkpoint {
  const cut = text.indexOf('\n\n')
  const body = text.slice(0, cut + 1)
  const [origin = '', size = '', root = ''] = body.split('\n')
  const signatures = text
    .slice(cut + 2)
    .split('\n')
    .filter((l) => l.startsWith('\u2014 '))
    .map((l) => {
      const [, name = '', sig = ''] = l.split(' ')
      return { name, bytes: base64(sig) }
    })
  return { origin, size: Number(size), root: hex(base64(root)), body, signatures }
}

/** Checks the log's own signature under a key as the policy file has it:
 * name+hash+key. */
export async function isSigned(c: Checkpoint, vkey: string): Promise<boolean> {
  const m = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey.trim())
  if (!m) return false
  const [, name, hash, encoded = ''] = m
  const key = base64(encoded)
  if (key.length !== 33 || key[0] !== 1 || name !== c.origin) return false
  const mine = c.signatures.find((s) => s.name === name && hex(s.bytes.slice(0, 4)) === hash)
  if (!mine || mine.bytes.length !== 68) return false
  const known = await crypto.subtle.importKey('raw', key.slice(1), 'Ed25519', false, ['verify'])
  const signed = new TextEncoder().encode(c.body)
  return crypto.subtle.verify('Ed25519', known, mine.bytes.slice(4) as Uint8Array<ArrayBuffer>, signed)
}

/** The leaf at a place of a tile of entries: each with its length in two bytes. */
export function leafAt(bundle: Uint8Array, place: number): Uint8Array {
  let i = 0
  for (let n = 0; i + 2 <= bundle.length; n++) {
    const length = ((bundle[i] as number) << 8) | (bundle[i + 1] as number)
    if (n === place) return bundle.slice(i + 2, i + 2 + length)
    i += 2 + length
  }
  throw new Error('bundle')
}

/** A tile's number as its path has it: x001/x234/067, with .p/W if it is not full. */
export function tilePath(n: number, width: number): string {
  const parts = [String(n % 1000).padStart(3, '0')]
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000))
    parts.unshift(`x${String(rest % 1000).padStart(3, '0')}`)
  return parts.join('/') + (width < 256 ? `.p/${width}` : '')
}
