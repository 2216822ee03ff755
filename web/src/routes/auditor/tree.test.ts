import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { hex, isIncluded, parseCheckpoint, rootOf, tilePath } from './tree'

const sha = (...parts: Uint8Array[]) => new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest())
const leaf = (i: number) => new TextEncoder().encode(`entry ${i}`)
const hashOf = (i: number) => sha(Uint8Array.of(0), leaf(i))

/** RFC 6962's definition, written down as it stands there. */
function mth(from: number, n: number): Uint8Array {
  if (n === 0) return sha()
  if (n === 1) return hashOf(from)
  let k = 1
  while (k * 2 < n) k *= 2
  return sha(Uint8Array.of(1), mth(from, k), mth(from + k, n - k))
}

const tilesOf = async (level: number, n: number, width: number) => {
  const span = 256 ** level
  return new Uint8Array(Buffer.concat(Array.from({ length: width }, (_, i) => mth((n * 256 + i) * span, span))))
}

test.each([1, 2, 3, 7, 255, 256, 257, 511, 512, 700])('a tree of %i', async (size) => {
  const root = hex(mth(0, size))
  expect(hex(await rootOf(size, tilesOf))).toBe(root)
  for (const i of new Set([0, 1, size >> 1, size - 1].filter((x) => x < size))) {
    expect(await isIncluded(leaf(i), i, size, root, tilesOf)).toBe(true)
    expect(await isIncluded(leaf(i + 1), i, size, root, tilesOf)).toBe(false)
    expect(await isIncluded(leaf(i), i, size, hex(mth(0, size + 1)), tilesOf)).toBe(false)
  }
  const forged = async (level: number, n: number, width: number) => {
    const tile = await tilesOf(level, n, width)
    if (level === 0 && n === 0) tile.set(hashOf(9999), 0)
    return tile
  }
  expect(await isIncluded(leaf(9999), 0, size, root, forged)).toBe(false)
})

test('paths of tiles', () => {
  expect(tilePath(0, 256)).toBe('000')
  expect(tilePath(1_234_067, 256)).toBe('x001/x234/067')
  expect(tilePath(999, 3)).toBe('999.p/3')
})

test('a checkpoint', () => {
  const c = parseCheckpoint('log.invalid/a\n7\nAAAA\n\n\u2014 log.invalid/a AQIDBAUG\n')
  expect(c).toMatchObject({ origin: 'log.invalid/a', size: 7, root: '000000', body: 'log.invalid/a\n7\nAAAA\n' })
  expect(c.signatures[0]?.name).toBe('log.invalid/a')
})
