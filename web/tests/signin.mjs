import assert from 'node:assert/strict'
import { Visit } from './browser.mjs'

/** A passkey is enrolled after the first sign-in, signs in, and is asked for again
 * before a plain value; the value is in the page, for a while, and nowhere else. */
export async function passkeyAndPlainValue(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await page.clock.install()
  await v.authenticator()
  await v.goto('/')
  await v.byCode('c001')
  await page.getByTestId('enrol').waitFor()
  await v.axe('the offer of a passkey')
  await page.getByTestId('enrol').click()
  await page.getByTestId('masked-phone').waitFor()
  await page.getByTestId('who').click()
  await page.getByTestId('passkey-row').waitFor()
  await v.axe('how I sign in')
  await v.shot('account')
  await page.getByRole('button', { name: '退出' }).click()
  await page.getByTestId('passkey').click()
  await page.getByTestId('masked-phone').waitFor()
  await page.getByRole('button', { name: '退出' }).click()

  await v.byCode('c001') // a code proves nothing afresh: she has a passkey
  await page.getByTestId('masked-phone').waitFor()
  await ask(page)
  await page.getByTestId('step-up').waitFor()
  await v.axe('the step-up dialog')
  await v.shot('step-up')
  await page.getByTestId('step-up').click()
  const value = await shown(page)
  assert.ok(script.secrets.includes(value), 'the plain value is not the one that was stored')
  assert.match(await page.getByTestId('mark').textContent(), /^c001 /)
  await keepsNot(page, value)
  await v.axe('a plain value')

  await page.clock.fastForward(31_000) // it goes by itself
  assert.equal(
    await page
      .locator('output.plain')
      .allTextContents()
      .then((x) => x.join('')),
    '',
  )
  await ask(page) // the passkey is fresh: no dialog
  await shown(page)
  await page.evaluate(() => document.activeElement.blur()) // it goes when she looks elsewhere
  assert.ok(!(await page.content()).includes(value), 'a plain value stayed in the page')
  await ask(page)
  await shown(page)
  await page.evaluate(() => dispatchEvent(new Event('blur'))) // and when the window does
  assert.ok(!(await page.content()).includes(value), 'a plain value stayed in the page')
  await v.close()
}

const ask = (page) => page.getByRole('button', { name: '申请明文：电话' }).click()

async function shown(page) {
  const out = page.locator('output.plain', { hasText: /./ })
  await out.waitFor()
  return out.textContent()
}

/** The value is in no store, address, title or cache. */
async function keepsNot(page, value) {
  const kept = await page.evaluate(async () => {
    const caches_ = await caches.keys()
    const bases = await indexedDB.databases()
    return JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      document.title,
      location.href,
      history.state,
      caches_,
      bases,
    ])
  })
  assert.ok(!kept.includes(value), 'a plain value is kept')
}
