import assert from 'node:assert/strict'
import { Visit } from './browser.mjs'

/** Every page of a person, in both looks and both languages, is clean. */
async function walk(v, person) {
  const { page } = v
  for (const dress of ['light-zh', 'dark-en']) {
    const links = await page.locator('header nav a').evaluateAll((all) => all.map((a) => a.getAttribute('href')))
    for (const href of [...links, '/console/account']) {
      await page.goto(v.script.url + href)
      await page.locator('main h1').waitFor()
      await page.waitForFunction(() => !document.querySelector('.waiting, .ant-spin-spinning, [aria-busy=true]'))
      if (dress === 'dark-en') {
        const said = await page.locator('header nav').textContent()
        assert.ok(!/[\u4e00-\u9fff]/.test(said), 'Chinese is left in the menu')
      }
      await v.axe(`${href} of ${person}, ${dress}`)
      await v.shot(`${person}${href.replaceAll('/', '-')}-${dress}`)
    }
    await page.getByRole('button', { name: dress === 'light-zh' ? 'English' : '中文' }).click()
    await page.getByRole('button', { name: dress === 'light-zh' ? 'Dark' : '浅色' }).click()
  }
}

export async function everyPageOfTheOfficer(browser, script) {
  const v = await Visit.open(browser, script)
  await v.signIn('officer')
  await walk(v, 'officer')
  await v.close()
}

export async function everyPageOfTheAuditor(browser, script) {
  const v = await Visit.open(browser, script)
  await v.signIn('auditor-01')
  await walk(v, 'auditor')
  await v.close()
}

export async function everyPageOfTheSecurityAdministrator(browser, script) {
  const v = await Visit.open(browser, script)
  await v.signIn('security-01')
  await walk(v, 'security')
  await v.close()
}

/** A manager sees the team; the officer assigns in bulk, registers a partner, looks at
 * a past day, and approves an erasure with a fresh passkey. */
export async function teamPartnersAndApprovals(browser, script) {
  const m = await Visit.open(browser, script)
  await m.signIn('h001')
  await m.goto('/team')
  await m.page.getByText('即将到期').waitFor()
  assert.equal(await m.page.locator('tbody tr').count(), 1, 'a manager sees others than her own')
  await m.axe('the team of a manager')
  await m.close()

  const v = await Visit.open(browser, script)
  const { page } = v
  await v.signInWithPasskey('officer-02')
  await v.goto('/team')
  await page.getByTestId('stacks').first().locator('canvas').waitFor()
  await page.getByLabel('选择 a001').check()
  await page.getByLabel('选择 c001').check()
  await page.locator('#ids').fill(`${script.some.join('\n')}\n13800138000`)
  await page.getByText('4 人，分给 2 名人员').waitFor()
  await page.getByTestId('assign').click()
  await page.getByTestId('assigned').getByText('已建立 2 / 2 个工单').waitFor()
  await v.shot('team-assigned')

  await v.goto('/partners')
  await page.getByText('还没有登记合作方').waitFor()
  await page.locator('#org-id').fill('acme')
  await page.locator('#org-title').fill('示例代理')
  await page.locator('#org-agreement').fill('HT-1')
  await page.locator('#org-until').fill('2030-01-01')
  await page.locator('#org-assessment').fill('PIA-1')
  await page.getByTestId('save-org').click()
  await page.locator('tbody tr', { hasText: 'acme' }).click()
  await page.locator('#number').fill('17000000001')
  await page.locator('#number').press('Enter')
  await page.getByRole('cell', { name: '0001', exact: true }).waitFor()
  await v.axe('a partner')
  await v.shot('partner')

  await v.goto('/who-can')
  await page.getByTestId('matrix').waitFor()
  const now = await page.getByTestId('matrix').textContent()
  assert.match(now, /c001/)
  await page.locator('#history').focus()
  for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowLeft') // before anybody of today was hired
  await page.waitForFunction(() => !document.querySelector('[data-testid=matrix]')?.textContent?.includes('c001'))
  await page.locator('#mask').fill('诸葛**')
  await page.getByTestId('count-mask').click()
  await page.getByTestId('shared').getByText('人共用').waitFor()
  await v.shot('who-can')

  await v.goto('/approvals')
  await page.getByTestId('approve-erasure').click()
  await page.getByText('已删除').waitFor()
  await v.axe('approvals')
  await v.goto('/changes')
  await page.getByText('acme').first().waitFor()
  await v.close()
}
