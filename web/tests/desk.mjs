import assert from 'node:assert/strict'
import { Visit } from './browser.mjs'

/** Ten customers are called and noted, and no raw value goes over the network. */
export async function agentWorksTenCustomers(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await v.goto('/')
  await page.locator('#code').waitFor()
  await v.axe('sign-in')
  await v.shot('sign-in')
  await v.signIn('a001')
  await page.waitForURL('**/console/desk')
  const seen = new Set()
  for (let i = 0; i < 10; i++) {
    await page.getByTestId('masked-phone').waitFor()
    const subject = await page.getByTestId('subject').textContent()
    assert.ok(!seen.has(subject), 'the queue did not move on')
    seen.add(subject)
    assert.match(await page.getByTestId('masked-phone').textContent(), /尾号|已隐藏/)
    if (i === 0) {
      await v.axe('workbench')
      await v.shot('workbench')
    }
    await page.getByTestId('call').click()
    await page.getByTestId('called').waitFor()
    await page
      .locator('input[type=radio]')
      .nth(i % 3)
      .check()
    if (i === 0) await page.locator('textarea').fill('改打 13912345678，下周再谈')
    await page.getByTestId('save').click()
    await page
      .getByTestId('progress')
      .getByText(`已完成 ${i + 1} / 12`)
      .waitFor()
  }
  // The note comes back without its number.
  await page.locator('.queue button').first().click()
  const note = page.getByTestId('notes')
  await note.waitFor()
  assert.match(await note.textContent(), /a001.*改打.*下周再谈/)
  assert.ok(!(await note.textContent()).includes('13912345678'))
  await v.held(script.secrets)
  await v.close()
}

/** Asking for a plain value says what is needed and who can unblock it. */
export async function agentAsksForMore(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await v.signIn('a001')
  await page.getByTestId('masked-phone').waitFor()
  await page.getByRole('button', { name: '申请明文：电话' }).click()
  await page.getByTestId('step-up').waitFor() // she has no passkey, and does not go on
  await page.getByRole('button', { name: '取消' }).click()
  const said = page.locator('.ant-modal-confirm')
  await said.getByText('谁能放行').first().waitFor()
  await v.axe('the refusal')
  await v.shot('refusal')
  await said.getByRole('button').last().click()
  await v.held(script.secrets)
  await v.close()
}

/** Any piece of the page as large as this, in CSS pixels, shows a whole mark; a
 * customer's card is larger. */
const crop = { width: 520, height: 200 }

/** Whether a crop shows a whole mark, from how the marks are drawn. */
function showsAMark(drawn, x, y) {
  const turned = ([a, b]) => [
    a * Math.cos(drawn.angle) - b * Math.sin(drawn.angle),
    a * Math.sin(drawn.angle) + b * Math.cos(drawn.angle),
  ]
  for (let i = -20; i < 30; i++)
    for (let j = -20; j < 40; j++) {
      const at = (px, py) => turned([i * drawn.across + px, j * drawn.down + py])
      const corners = [
        at(drawn.left, drawn.top),
        at(drawn.right, drawn.top),
        at(drawn.left, drawn.bottom),
        at(drawn.right, drawn.bottom),
      ]
      if (corners.every(([a, b]) => a >= x && a <= x + crop.width && b >= y && b <= y + crop.height)) return true
    }
  return false
}

export async function watermarkSurvivesACrop(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await v.signIn('a001')
  await page.getByTestId('watermark').waitFor({ state: 'attached' })
  const drawn = await page.locator('.watermark').evaluate((svg) => {
    const pattern = svg.querySelector('pattern')
    const lines = [...svg.querySelectorAll('tspan')]
    const size = Number.parseFloat(getComputedStyle(lines[0]).fontSize)
    const { a, b } = pattern.patternTransform.baseVal.consolidate().matrix
    const ys = lines.map((_, n) => 36 + 16 * n)
    return {
      angle: Math.atan2(b, a),
      across: pattern.width.baseVal.value,
      down: pattern.height.baseVal.value,
      left: 4,
      right: 4 + Math.max(...lines.map((l) => l.getComputedTextLength())),
      top: Math.min(...ys) - size,
      bottom: Math.max(...ys) + size / 3,
    }
  })
  assert.ok(drawn.right > 100, 'the mark has no length')
  assert.ok(drawn.right <= drawn.across && drawn.bottom <= drawn.down, `a mark is cut off: ${JSON.stringify(drawn)}`)
  const card = await page.getByTestId('watermarked').boundingBox()
  assert.ok(card.width >= crop.width && card.height >= crop.height, 'the card is smaller than the crop')
  for (let x = 0; x + crop.width <= card.width; x += 7)
    for (let y = 0; y + crop.height <= card.height; y += 7)
      assert.ok(showsAMark(drawn, x, y), `a crop at ${x}, ${y} shows no whole mark`)
  await v.close()
}

/** The mark is on the page and in its text; taking it off hides the page and is reported. */
export async function watermarkIsWatched(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await v.signIn('a001')
  await page.getByTestId('watermark').waitFor({ state: 'attached' })
  const mark = await page.getByTestId('mark').textContent()
  assert.match(mark, /^a001 · \d{4}-\d\d-\d\d \d\d:\d\d:\d\d · [0-9a-hjkmnp-tv-z]{8}$/)
  assert.equal((await page.locator('.watermark text').textContent()).trim(), mark)
  const reported = page.waitForRequest('**/v1/watermark-reports')
  await page.evaluate(() => document.querySelector('.watermark').remove())
  await reported
  await page.getByRole('alert').getByText('水印').waitFor()
  assert.equal(await page.getByTestId('masked-phone').count(), 0)
  await page.reload()
  await page.getByTestId('watermark').waitFor({ state: 'attached' })
  const again = page.waitForRequest('**/v1/watermark-reports')
  await page.evaluate(() => document.querySelector('.watermark').style.setProperty('display', 'none'))
  await again
  await v.close()
}

export async function languageSwitch(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await v.signIn('a001')
  await page.getByTestId('masked-phone').waitFor()
  await page.getByRole('button', { name: 'English' }).click()
  await page.getByRole('heading', { name: 'Workbench' }).waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'en')
  assert.ok(!/[\u4e00-\u9fff]/.test((await page.locator('form').textContent()) ?? ''), 'Chinese is left in the form')
  await v.axe('workbench in English')
  await page.getByRole('button', { name: 'Dark' }).click()
  await v.axe('workbench in the dark')
  await v.shot('workbench-dark-en')
  await page.reload()
  await page.getByRole('heading', { name: 'Workbench' }).waitFor()
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('heading', { name: '工作台' }).waitFor()
  await v.close()
}

/** Sign in, call, choose an outcome, save and sign out without a mouse. */
export async function keyboardOnly(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  const reach = async (what, test) => {
    for (let i = 0; i < 60; i++) {
      if (await page.evaluate(test)) return
      await page.keyboard.press('Tab')
    }
    assert.fail(`the keyboard does not reach ${what}`)
  }
  await v.goto('/')
  await page.locator('#code').waitFor()
  await reach('the code', () => document.activeElement?.matches('#code'))
  await page.keyboard.type(script.codes.a001)
  await page.keyboard.press('Enter')
  script.codes.a001 = (await page.getByTestId('next-code').textContent()).trim()
  await reach('the way on', () => document.activeElement?.matches('[data-testid=kept]'))
  await page.keyboard.press('Enter')
  await page.getByTestId('later').waitFor()
  await reach('later', () => document.activeElement?.matches('[data-testid=later]'))
  await page.keyboard.press('Enter')
  await page.getByTestId('masked-phone').waitFor()
  const subject = await page.getByTestId('subject').textContent()
  await reach('the call', () => document.activeElement?.matches('[data-testid=call]'))
  await page.keyboard.press('Enter')
  await page.getByTestId('called').waitFor()
  await reach('the outcome', () => document.activeElement?.matches('input[type=radio]'))
  await page.keyboard.press('Space')
  await page.keyboard.press('Control+Enter')
  await page.waitForFunction((was) => document.querySelector('[data-testid=subject]')?.textContent !== was, subject)
  await reach('the way out', () => document.activeElement?.textContent?.replace(/\s/g, '') === '退出')
  await page.keyboard.press('Enter')
  await page.locator('#code').waitFor()
  await v.close()
}

/** Not a test: how long the workbench takes from a cold start, and from a warm one. */
export async function interactive(browser, script) {
  const v = await Visit.open(browser, script)
  const { page } = v
  await v.signIn('a001')
  const times = []
  for (let i = 0; i < 3; i++) {
    const began = performance.now()
    await page.reload({ waitUntil: 'commit' })
    await page.getByRole('heading', { name: '工作台' }).waitFor()
    await page.locator('.queue button').first().waitFor()
    times.push(Math.round(performance.now() - began))
  }
  console.log(`      workbench interactive after ${times.join(', ')} ms`)
  await v.close()
}
