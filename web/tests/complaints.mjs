import assert from 'node:assert/strict'
import { Visit } from './browser.mjs'

/** The handler takes up and replies and has nothing to close with; who chose the
 * handler is refused; the complainant contests, and it is open again and escalated. */
export async function complaintIsNotClosedByItsHandler(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await v.signInWithPasskey('officer')
  await page.waitForURL('**/console/complaints')
  const row = page.locator('tbody tr', { hasText: script.case.slice(0, 8) })
  await row.click()
  await page.locator('#assignee').fill('h001')
  await page.getByTestId('give').click()
  await page.getByTestId('given').waitFor()

  const other = await Visit.open(browser, script)
  await other.signIn('h001')
  await other.page.getByTestId('handling').waitFor()
  await other.page.getByTestId('read').click()
  await other.page.getByTestId('told').getByText('知道我的姓名和公司').waitFor()
  await other.axe('the desk of a complaint')
  await other.shot('handling')
  await other.page.getByTestId('take-up').click()
  await other.page.locator('#reply').fill('您的投诉已查明，我们已停止来电。')
  await other.page.getByTestId('send-reply').click()
  await other.page.getByText('等待本人确认').waitFor()
  assert.equal(await other.page.getByRole('button', { name: /办结|关闭/ }).count(), 0, 'the handler can close')
  const forced = await other.page.evaluate(async (id) => {
    const r = await fetch(`/v1/complaints/${id}/closing`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"reason":"已经处理完毕，予以办结"}',
    })
    await r.text()
    return r.status
  }, script.case)
  assert.equal(forced, 403, 'the handler closed it past the page')
  await other.close()

  await page.getByTestId('close-second').locator('summary').click()
  await page.locator('#reason').fill('本人十五天没有回应，予以办结')
  await page.getByTestId('close').click()
  await page.getByTestId('close-second').getByRole('alert').waitFor()
  await v.axe('a closing that was refused')
  await v.shot('closing-refused')
  assert.ok(script.refusals.some((r) => r.startsWith('403') && r.endsWith('/closing')))

  const contested = await page.request.post(`${script.url}/v1/complaints/${script.case}/mine`, {
    data: { code: script.caseCode, act: 'contest', why: '仍有来电' },
  })
  assert.equal(contested.status(), 200)
  await page.reload()
  await row.getByText('重新办理').waitFor()
  await row.getByText('本人不认可').waitFor()
  await v.close()
}
