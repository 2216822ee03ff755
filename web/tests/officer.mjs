import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Visit } from './browser.mjs'

/** From the complaints to the named source and a pack. The test that plays this
 * checks the pack as a stranger would. */
export async function officerFromComplaintToPack(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await v.signIn('officer')
  await page.waitForURL('**/console/complaints')
  await page.locator('tbody tr').first().waitFor()
  await v.axe('complaints')
  await v.shot('complaints')
  await page.locator('tbody tr').first().focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByTestId('complaint').waitFor()
  await v.axe('one complaint')
  await page.getByRole('link', { name: '对这些投诉做溯源' }).click()
  await page.getByTestId('run').click()
  await page.getByTestId('verdict').waitFor()
  await page.locator('canvas').waitFor()
  assert.match(await page.getByTestId('ranked').first().textContent(), /l001/)
  assert.match(await page.getByTestId('verdict').textContent(), /记录指向.*l001/)
  await v.axe('trace')
  await v.shot('trace')
  // Left and found again: the address names the run, and no second one is made.
  const address = page.url()
  const entry = (await page.getByTestId('finding').textContent()).match(/第 (\d+) 条/)[1]
  await page.getByRole('link', { name: '投诉', exact: true }).click()
  await page.locator('tbody tr').first().waitFor()
  await page.goto(address)
  await page.getByTestId('verdict').waitFor()
  assert.ok((await page.getByTestId('finding').textContent()).includes(`第 ${entry} 条`), 'a second run was made')
  const download = page.waitForEvent('download')
  await page.getByTestId('pack').click()
  const pack = await download
  await pack.saveAs(script.pack)
  await page.getByTestId('packed').waitFor()
  assert.equal(readFileSync(script.pack).subarray(0, 2).toString(), 'PK')
  await v.close()
}

/** Who saw this person, and what this person saw. */
export async function officerLooksBack(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await v.signIn('officer')
  await v.goto('/what-got')
  await page.locator('#whose').fill('l001')
  await page.keyboard.press('Enter')
  await page.getByTestId('heat').waitFor()
  await v.axe('what this person saw')
  await v.shot('what-got')
  await v.goto(`/who-saw/${script.stranger}`)
  await page.getByTestId('pack').waitFor()
  await v.axe('who saw this person')
  await v.close()
}

/** The auditor follows an entry to the signed checkpoint, in the browser. */
export async function auditorVerifiesAnEntry(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await v.signIn('auditor-01')
  await page.waitForURL('**/console/ledger')
  await page.locator('tbody tr').first().waitFor()
  await v.axe('ledger')
  await v.shot('ledger')
  const newest = await page.locator('tbody tr a').first().textContent()
  await page.getByRole('button', { name: '下一页' }).click()
  await page.waitForFunction((was) => document.querySelector('tbody tr a')?.textContent !== was, newest)
  await page.locator('#index').fill('3')
  await page.keyboard.press('Enter')
  await page.getByTestId('entry').waitFor()
  await page.locator('#vkey').fill(script.logKey)
  await page.getByTestId('verify').click()
  await page.getByTestId('verified').getByText('在检查点').waitFor()
  await page.getByText('检查点由此公钥签名').waitFor()
  await v.axe('an entry')
  await v.shot('entry')
  await v.goto('/witnesses')
  await page.getByTestId('checkpoint').waitFor()
  await v.axe('witnesses')
  await v.close()
}
