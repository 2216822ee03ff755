// Plays the stories, one after another, on the firm that standard input describes.
// The test in test/stories starts it.

import { readFileSync } from 'node:fs'
import { launch } from './browser.mjs'
import * as complaints from './complaints.mjs'
import * as desk from './desk.mjs'
import * as incidents from './incidents.mjs'
import * as officer from './officer.mjs'
import * as outside from './outside.mjs'
import * as everything from './pages.mjs'
import * as rules from './rules.mjs'
import * as signin from './signin.mjs'

const script = JSON.parse(readFileSync(0, 'utf8'))
const played = script.outside
  ? outside
  : { ...signin, ...desk, ...complaints, ...everything, ...officer, ...incidents, ...rules }
const stories = Object.entries(played).filter(
  ([name]) => !script.only || script.only.split(',').some((part) => name.includes(part)),
)
const browser = await launch(script.chromium)
let failed = 0
for (const [name, story] of stories) {
  const began = performance.now()
  script.refusals = []
  try {
    await story(browser, script)
    console.log(`ok    ${name} (${Math.round(performance.now() - began)} ms)`)
  } catch (e) {
    failed++
    const said = await script.visit?.page
      .locator('main')
      .innerText()
      .catch(() => '')
    console.log(`      wrong: ${script.visit?.wrong.join('; ')}\n      the page says: ${String(said).slice(0, 600)}`)
    console.log(`FAIL  ${name}: ${e.stack}\n      refused: ${script.refusals.join(', ')}`)
  }
}
await browser.close()
process.exit(failed === 0 ? 0 : 1)
