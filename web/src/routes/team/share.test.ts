import { expect, test } from 'vitest'
import { deal, most, readIds } from './share'

const id = (n: number) => n.toString(16).padStart(32, '0')

test('ids are read once each, and what is none is counted', () => {
  expect(readIds(`${id(1)}\n${id(2)}, ${id(1)}；13800138000 ${id(3).toUpperCase()}x`)).toEqual({
    ids: [id(1), id(2)],
    wrong: 2,
  })
  expect(readIds('  \n')).toEqual({ ids: [], wrong: 0 })
})

test('everybody is dealt out once, evenly, in pieces that fit', () => {
  const ids = Array.from({ length: 2 * most + 501 }, (_, i) => id(i))
  const portions = deal(ids, ['a', 'b'])
  expect(portions.flatMap((p) => p.subjects).sort()).toEqual([...ids].sort())
  for (const p of portions) expect(p.subjects.length).toBeLessThanOrEqual(most)
  const of = (who: string) => portions.filter((p) => p.to === who).reduce((n, p) => n + p.subjects.length, 0)
  expect(Math.abs(of('a') - of('b'))).toBeLessThanOrEqual(1)
  expect(deal(ids, [])).toEqual([])
  expect(deal([], ['a'])).toEqual([])
})
