// Compresses what was built, says what each first load weighs and fails when one is
// over its budget. The program embeds the compressed files only.

import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const KiB = 1024
const budgets = { 'src/routes/desk/Desk.tsx': 420 * KiB } // the workbench: the page an agent waits for

const root = new URL('../dist/console/', import.meta.url).pathname
const manifest = JSON.parse(readFileSync(join(root, '.vite/manifest.json'), 'utf8'))
const weights = new Map()
const files = readdirSync(join(root, 'assets')).filter((f) => !f.endsWith('.gz'))
for (const name of files) {
  const path = join(root, 'assets', name)
  const packed = gzipSync(readFileSync(path), { level: 9 })
  packed[9] = 255 // the operating system's mark: the same bytes everywhere
  writeFileSync(`${path}.gz`, packed)
  rmSync(path)
  weights.set(`assets/${name}`, packed.length)
}
const html = gzipSync(readFileSync(join(root, 'index.html'))).length

/** Every file that a module needs before it runs. */
function needs(key, into = new Set()) {
  const entry = manifest[key]
  if (!entry || into.has(entry.file)) return into
  into.add(entry.file)
  for (const css of entry.css ?? []) into.add(css)
  for (const other of entry.imports ?? []) needs(other, into)
  return into
}

let failed = false
const start = needs('index.html')
const languages = ['src/locales/zh-CN/index.ts', 'src/locales/en/index.ts']
for (const key of Object.keys(manifest)
  .filter((k) => k.startsWith('src/routes/'))
  .sort()) {
  const texts = Math.max(...languages.map((l) => weights.get(manifest[l]?.file) ?? 0))
  const all = new Set([...start, ...needs(key)])
  const bytes = html + texts + [...all].reduce((sum, f) => sum + (weights.get(f) ?? 0), 0)
  const limit = budgets[key]
  const over = limit !== undefined && bytes > limit
  failed ||= over
  console.log(
    `${(bytes / KiB).toFixed(1).padStart(7)} KiB gzip  first load of ${key.slice(11)}${limit ? `  (budget ${limit / KiB} KiB${over ? ', OVER' : ''})` : ''}`,
  )
}
for (const key of Object.keys(budgets)) {
  if (!manifest[key]) {
    console.error(`pack: there is no route ${key}; its budget is not checked`)
    failed = true
  }
}
renameSync(join(root, '.vite/manifest.json'), join(root, 'manifest.json'))
rmSync(join(root, '.vite'), { recursive: true })
process.exit(failed ? 1 : 0)
