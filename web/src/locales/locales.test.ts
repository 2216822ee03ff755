import { expect, test } from 'vitest'
import en from './en'
import zh from './zh-CN'

function texts(of: object, at = ''): Map<string, string> {
  const all = new Map<string, string>()
  for (const [key, value] of Object.entries(of)) {
    if (typeof value === 'string') all.set(at + key, value)
    else for (const [k, v] of texts(value as object, `${at}${key}.`)) all.set(k, v)
  }
  return all
}

const places = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort()

test('every text is in both languages, with the same places', () => {
  const [one, other] = [texts(zh), texts(en)]
  expect([...other.keys()].sort()).toEqual([...one.keys()].sort())
  for (const [key, text] of one) {
    expect(text.trim(), key).not.toBe('')
    expect(places(other.get(key) ?? ''), key).toEqual(places(text))
  }
})

test('the languages are not mixed up', () => {
  for (const [key, text] of texts(en)) expect(/[\u4e00-\u9fff]/.test(text), `${key}: ${text}`).toBe(false)
})

test('nothing is promised that records cannot hold', () => {
  for (const text of [...texts(zh).values(), ...texts(en).values()]) {
    expect(text).not.toMatch(
      new RegExp(['100' + ' ?%', 'anony' + 'm', '匿名', '证' + '明有罪', '已' + '解决'].join('|'), 'i'),
    )
  }
})
