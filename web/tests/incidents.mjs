import assert from 'node:assert/strict'
import { Visit } from './browser.mjs'

/** Complaints that belong together are an incident by themselves. An officer counts from
 * a trace whom it affects, and signs the decision that closes it: by keyboard alone. */
export async function officerDecidesOnAnIncident(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  const press = async (on, key = 'Enter') => {
    await on.focus()
    await page.keyboard.press(key)
  }
  await v.signInWithPasskey('officer-04')
  const first = page.locator('tbody tr').first()
  do {
    await v.goto('/incidents') // the server looks for them every few seconds
    await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'))
  } while ((await page.locator('tbody tr code').count()) === 0)
  await v.axe('incidents')
  await press(first)
  await page.getByTestId('cases').waitFor()
  await v.axe('one incident')
  await v.shot('incident')
  await press(page.getByTestId('incident').getByRole('link', { name: '对这些投诉做溯源' }))
  await press(page.getByTestId('run'))
  await page.getByTestId('verdict').waitFor()
  await press(page.getByRole('link', { name: '回到事件' }))
  await press(page.getByTestId('assess'))
  await page
    .getByTestId('affected')
    .getByText(/人（按/)
    .waitFor()
  await press(page.getByTestId('decide').getByRole('radio').first(), 'Space')
  await page.locator('#decision-note').focus()
  await page.keyboard.type('记录指向一名员工，其看过的人应当得到通知。')
  await press(page.getByTestId('sign-decision'))
  await page.getByTestId('decided').getByText('officer-04').waitFor()
  assert.equal(await page.getByTestId('decide').count(), 0, 'it can be decided again')
  await v.axe('an incident that was decided')
  await v.shot('incident-decided')
  await v.close()
}

/** The ledger shows who read in plain and did nothing with it; an officer judges the alert. */
export async function officerJudgesAnAlert(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await v.signIn('officer')
  do {
    await v.goto('/alerts')
    await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'))
  } while ((await page.getByRole('button', { name: '误报' }).count()) === 0)
  await v.axe('alerts')
  await v.shot('alerts')
  const open = await page.getByRole('button', { name: '误报' }).count()
  await page.getByRole('button', { name: '误报' }).first().focus()
  await page.keyboard.press('Enter')
  await page.getByTestId('quality').waitFor()
  await page.waitForFunction(
    (was) => [...document.querySelectorAll('tbody button')].filter((b) => b.textContent?.includes('误')).length < was,
    open,
  )
  await v.axe('alerts that were judged')
  await v.close()
}
