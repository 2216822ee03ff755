import assert from 'node:assert/strict'
import { Visit } from './browser.mjs'

const own =
  '\n@id("firm-callers") @zh("外呼岗位") @en("callers") permit(principal, action == Action::"Read.plain", resource) when { context.work.assigned };'

/** An officer proposes rules and tries them; her own approval is refused; the security
 * administrator proves herself and approves, and another version is in force. */
export async function rulesChangeByTwo(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await v.signInWithPasskey('officer-03')
  await v.goto('/rules')
  const before = await page.getByTestId('version').textContent()
  const text = await page.locator('#rules-text').inputValue()
  await page.locator('#rules-text').fill(`${text}\npermit(`)
  await page.getByTestId('propose').click()
  await page.getByTestId('wrong-line').waitFor()
  await page.locator('#rules-text').fill(text + own)
  await page.getByTestId('propose').click()
  await page.getByTestId('proposal').waitFor()
  await page.waitForURL(/\/rules\/[0-9a-f]{32}$/)
  const address = page.url()
  const id = address.slice(-32)
  assert.equal(await page.getByTestId('approve').count(), 0, 'what was not tried can be approved')
  await page.getByTestId('try').click()
  // Left and found again: the address names the proposal, and the trial goes on.
  await page.getByRole('link', { name: '投诉', exact: true }).click()
  await page.locator('tbody tr').first().waitFor()
  await page.goto(address)
  await page.getByTestId('found').waitFor()
  assert.match(await page.getByTestId('found').textContent(), /l001.*firm-callers/)
  await v.axe('a proposal that was tried')
  await v.shot('rules-tried')

  await page.getByTestId('approve').click()
  await page.getByTestId('proposal').getByText('此操作需要另一位有权的人批准').waitFor()
  assert.ok(script.refusals.includes(`403 /v1/rule-proposals/${id}/approval`))
  await v.axe('an approval that was refused')
  assert.equal(await page.getByTestId('version').textContent(), before, 'one alone changed the rules')

  const other = await Visit.open(browser, script)
  await other.signInWithPasskey('security-01')
  await other.page.getByRole('button', { name: '退出' }).click()
  await other.byCode('security-01') // a code proves nothing afresh: she has a passkey
  await other.page.getByTestId('who').waitFor()
  await other.page.getByRole('link', { name: '规则', exact: true }).click()
  await other.page.getByRole('link', { name: id.slice(0, 8) }).click()
  await other.page.getByTestId('approve').click()
  await other.page.getByTestId('step-up').click()
  await other.page.getByTestId('proposal').getByText('已批准').first().waitFor()
  await other.page.waitForFunction(
    (was) => document.querySelector('[data-testid=version]')?.textContent !== was,
    before,
  )
  assert.match(await other.page.getByTestId('in-force').textContent(), /由 officer-03 提出，由 security-01 批准/)
  await other.axe('rules that came into force')
  await other.shot('rules-in-force')
  await other.close()

  const reader = await Visit.open(browser, script)
  await reader.signIn('auditor-01')
  await reader.goto(`/rules/${id}`)
  await reader.page.getByTestId('found').waitFor()
  await reader.page.getByTestId('in-force').getByText('firm-callers').first().waitFor()
  assert.equal(await reader.page.getByTestId('propose').count(), 0, 'the auditor is offered to propose')
  await reader.close()
  await v.close()
}
