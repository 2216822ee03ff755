// The rules that keep a plaintext in one component and everything else out of the
// places where things are kept.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'

const root = new URL('.', import.meta.url).pathname
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((f) => /\.tsx?$/.test(f) && !f.endsWith('.test.ts') && !f.endsWith('.d.ts'))
  .map((f) => ({ path: relative(root, join(root, f)), text: readFileSync(join(root, f), 'utf8') }))

/** Which files hold the pattern. */
const having = (pattern: RegExp) => files.filter((f) => pattern.test(f.text)).map((f) => f.path)

test('there is something to look through', () => expect(files.length).toBeGreaterThan(15))

test('one component asks for plain values', () => {
  expect(having(/form:\s*['"]plain['"]/)).toEqual(['parts/Plain.tsx'])
})

test('the component that holds one keeps it in the page only', () => {
  const text = files.find((f) => f.path === 'parts/Plain.tsx')?.text ?? ''
  expect(text).not.toMatch(
    /useQuery|useMutation|localStorage|sessionStorage|navigator\.clipboard|document\.title|console\./,
  )
  expect(text.match(/results\[0\]/g)?.length).toBe(1)
})

test('one function speaks to the server', () => {
  expect(having(/\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon/)).toEqual(['api/client.ts'])
})

test('nothing is kept but the language, the look, and that somebody signed in', () => {
  expect(having(/localStorage|sessionStorage|indexedDB|document\.cookie|caches\./).sort()).toEqual(
    ['app/session.tsx', 'app/theme.tsx', 'i18n.ts'].sort(),
  )
})

test('nothing is logged, put into the title or the clipboard, or made into markup', () => {
  expect(
    having(
      /console\.|document\.title|navigator\.clipboard|dangerouslySetInnerHTML|\.outerHTML|insertAdjacentHTML|\beval\(/,
    ),
  ).toEqual([])
  expect(having(/innerHTML/)).toEqual(['boot.ts'])
})

test('charts are loaded where there is one', () => {
  expect(having(/from 'echarts/)).toEqual(having(/from 'echarts/).filter((f) => f === 'parts/echarts.ts'))
})

test('shared parts know no pages', () => {
  const wrong = files.filter(
    (f) => /^(parts|api|app)\//.test(f.path) && f.path !== 'app/App.tsx' && /from '.*routes\//.test(f.text),
  )
  expect(wrong.map((f) => f.path)).toEqual([])
})
