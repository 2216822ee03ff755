// Stories of people outside: what a browser without scripts makes of the pages under
// /my/. Only axe needs scripts: it is run on a second load of the same answer.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Visit } from './browser.mjs'

const most = 30 << 10 // bytes of a page with its style sheet
const narrow = { viewport: { width: 320, height: 640 } }

class Outside {
  static async open(browser, script, lang) {
    const o = Object.assign(new Outside(), { script, lang, read: new Set() })
    o.again = await Visit.open(browser, script, { ...narrow, colorScheme: lang === 'en' ? 'dark' : 'light' })
    await o.again.page.route('**/my/**', (route) =>
      route.request().isNavigationRequest() ? route.fulfill(o.answer) : route.continue(),
    )
    o.visit = await Visit.open(browser, script, { ...narrow, javaScriptEnabled: false })
    o.page = o.visit.page
    o.page.on('request', (r) => {
      const place = r.url().slice(script.url.length)
      if (!/^\/my\/[a-z.]*(\?lang=(zh|en))?$/.test(place)) o.visit.wrong.push(`an address that says more: ${place}`)
    })
    o.layout = await o.visit.context.newCDPSession(o.page)
    o.style = (await (await fetch(`${script.url}/my/style.css`)).arrayBuffer()).byteLength
    return o
  }

  /** Opens a page in the story's language. */
  async goto(name, status = 200) {
    await this.check(await this.page.goto(`${this.script.url}/my/${name}?lang=${this.lang}`), name || 'home', status)
  }

  /** Sends the form of an act, with what is typed. */
  async send(act, typed, what, status = 200) {
    const form = act
      ? this.page.locator('form', { has: this.page.locator(`input[name=act][value=${act}]`) }).first()
      : this.page.locator('main form').first()
    for (const [name, value] of Object.entries(typed)) {
      const input = form.locator(`[name=${name}]`)
      if (name === 'file') await input.setInputFiles(value)
      else if (name === 'channel') await input.selectOption(value)
      else await input.fill(value)
    }
    const [answer] = await Promise.all([this.page.waitForNavigation(), form.locator('button').click()])
    await this.check(answer, what, status)
  }

  /** What holds of every page. */
  async check(answer, what, status) {
    const { page } = this
    const where = `${what}, ${this.lang}`
    assert.equal(answer.status(), status, `${where}: ${await page.locator('main').innerText()}`)
    const body = await answer.body()
    assert.ok(body.length + this.style <= most, `${where} has ${body.length} bytes, its style ${this.style}`)
    const { cssContentSize } = await this.layout.send('Page.getLayoutMetrics')
    assert.ok(cssContentSize.width <= 320, `${where} is ${cssContentSize.width} px wide`)
    assert.equal(await page.locator('html').getAttribute('lang'), this.lang === 'en' ? 'en' : 'zh-CN', where)
    assert.equal(await page.locator('h1').count(), 1, where)
    const said = await page.locator('main').innerText()
    assert.equal(/[\u4e00-\u9fff]/.test(said), this.lang !== 'en', `the language of ${where}: ${said}`)
    this.read.add(what)
    this.largest = Math.max(this.largest ?? 0, body.length)
    const headers = { ...answer.headers() }
    delete headers['content-length']
    this.answer = { status, headers, body }
    await this.again.page.goto(answer.url())
    await this.again.axe(where)
    await this.again.shot(`my-${what.replaceAll(' ', '-')}-${this.lang}`)
  }

  async close() {
    await this.visit.close()
    await this.again.close()
    console.log(`      ${this.lang}: ${this.read.size} pages, the largest has ${this.largest} bytes`)
  }
}

/** The next message that arrives at a number. */
async function message(script, to) {
  const r = await fetch(script.outside.phone, {
    method: 'POST',
    body: JSON.stringify({ to }),
    signal: AbortSignal.timeout(20_000),
  })
  return r.text()
}

const digits = (text) => text.match(/\b\d{6}\b/)[0]

/** Asks the API as somebody inside. */
async function inside(script, who, method, path, data) {
  const r = await fetch(script.url + path, {
    method,
    headers: {
      Authorization: `Bearer ${script.outside.tokens[who]}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': randomUUID(),
    },
    body: data && JSON.stringify(data),
  })
  return { status: r.status, ...(await r.json()) }
}

/** An hour ago, as a browser writes Beijing time. */
const earlier = () => new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 16)

async function readEverything(browser, script, lang, number) {
  const o = await Outside.open(browser, script, lang)
  const said = lang === 'en' ? 'They knew my name.' : '知道我的姓名'
  for (const name of ['', 'complaint', 'case', 'information', 'receipt']) await o.goto(name)
  await o.goto('nowhere', 404)

  await o.goto('complaint')
  await o.send('', { contacted: '1', called_at: earlier(), said }, 'complaint with a wrong number', 422)
  assert.equal(await o.page.locator('#contacted').getAttribute('aria-invalid'), 'true')
  assert.equal(await o.page.locator('#said').inputValue(), said, 'what she typed is lost')
  await o.send('', { contacted: number }, 'filed')
  await o.send('', {}, 'follow, accepted')
  await o.send('attach', { file: { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from(said) } }, 'follow, file')
  await o.send('code', {}, 'follow, code asked for')
  await o.send('confirm', { once: digits(await message(script, number)) }, 'follow, closed')
  await o.goto('case')
  await o.send('', { code: 'AAAAA-AAAAA-AAAAA-AAAAA' }, 'case with a wrong code', 403)

  await o.goto('information')
  await o.send('contact', { contact: number, channel: 'sms' }, 'code')
  const code = digits(await message(script, number))
  await o.send('code', { once: code === '000000' ? '000001' : '000000' }, 'a wrong code', 403)
  await o.send('code', { once: code }, 'record')
  assert.ok((await o.page.locator('main ol li').count()) > 0, 'nobody is recorded to have seen her')
  await o.send('stop', {}, 'record, marketing refused')
  await o.page.locator('#stopped').waitFor()

  await o.goto('receipt')
  await o.send('', { code: '00000000' }, 'receipt, none')
  await o.send('', { code: script.outside.receipt }, 'receipt, found')
  assert.equal(await o.page.locator('main section li').count(), 1, 'the receipt is not found')
  await o.close()
}

export async function outsidersReadEveryPageInChinese(browser, script) {
  await readEverything(browser, script, 'zh', script.outside.readers[0])
}

export async function outsidersReadEveryPageInEnglish(browser, script) {
  await readEverything(browser, script, 'en', script.outside.readers[1])
}

/** Whoever chose a language keeps it, from page to page. */
export async function outsidersKeepTheirLanguage(browser, script) {
  const v = await Visit.open(browser, script, { ...narrow, javaScriptEnabled: false })
  const { page } = v
  await page.goto(`${script.url}/my/`)
  const lang = () => page.locator('html').getAttribute('lang')
  assert.equal(await lang(), 'zh-CN')
  await page.getByRole('link', { name: 'English' }).click()
  assert.equal(await lang(), 'en')
  for (const name of ['Complain', 'Follow a complaint', 'My information', 'Check a receipt']) {
    await page.getByRole('navigation').getByRole('link', { name, exact: true }).click()
    await page.getByRole('heading', { level: 1, name }).waitFor()
    assert.equal(await lang(), 'en', `${name} is not in the language she chose`)
  }
  await v.close()
}

/** She calls to complain; her code comes by text message, and without it nothing
 * counts. Whoever handles it replies and cannot close it. With the code she contests:
 * it is open again, and with the officer. */
async function contests(browser, script, lang, number) {
  const o = await Outside.open(browser, script, lang)
  const said = lang === 'en' ? 'They knew my name.' : '知道我的姓名'
  const reply = lang === 'en' ? 'We found nothing.' : '我们没有查到问题。'
  const taken = await inside(script, 'h001', 'POST', '/v1/complaints/taken-down', {
    channel: 'phone',
    contacted: number,
    called_at: new Date(Date.now() - 3_600_000).toISOString(),
    said,
  })
  assert.ok(taken.id, JSON.stringify(taken))
  const code = (await message(script, number)).match(/[0-9A-Z]{5}(-[0-9A-Z]{5}){3}/)[0]
  assert.ok(!JSON.stringify(taken).includes(code), 'who took it down knows her code')
  await o.goto('case')
  await o.send('', { code }, 'follow, to be confirmed')
  await o.page.locator('blockquote').getByText(said).waitFor()
  await o.send('affirm', {}, 'follow, confirmed')

  const path = `/v1/complaints/${taken.id}`
  const until = new Date(Date.now() + 3_600_000).toISOString()
  const work = await inside(script, 'officer', 'POST', `${path}/assignment`, { assignee: 'h001', until })
  for (const step of [{}, { reply }]) {
    const done = await inside(script, 'h001', 'POST', `${path}/handling`, { work_item: work.id, ...step })
    assert.equal(done.status, 200, JSON.stringify(done))
  }
  const closing = await inside(script, 'h001', 'POST', `${path}/closing`, { reason: 'it is resolved, I say' })
  assert.deepEqual([closing.status, closing.code], [403, 'not-yours'], 'the handler closed it')
  assert.match(await message(script, number), /\/my\/case/, 'she is not told of the answer')

  await o.goto('case')
  await o.send('', { code }, 'follow, answered')
  await o.page.locator('blockquote').getByText(reply).waitFor()
  await o.page.getByText('12321').first().waitFor()
  await o.send('contest', { why: said }, 'follow, contested')
  assert.equal(await o.page.locator('#state').innerText(), lang === 'en' ? 'reopened' : '重新办理')
  const day = (n) => new Date(Date.now() + n * 86_400_000).toISOString()
  const all = await inside(script, 'officer', 'GET', `/v1/complaints?from=${day(-1)}&to=${day(1)}`)
  const { state, escalated } = all.complaints.find((c) => c.id === taken.id)
  assert.deepEqual({ state, escalated }, { state: 'reopened', escalated: true })
  await o.close()
}

export async function complainantContestsInChinese(browser, script) {
  await contests(browser, script, 'zh', script.outside.callers[0])
}

export async function complainantContestsInEnglish(browser, script) {
  await contests(browser, script, 'en', script.outside.callers[1])
}

/** She withdraws on her page, and the partner's next request is refused. */
export async function withdrawnConsentStopsTheNextRequest(browser, script) {
  const { lead, withdraw } = script.outside
  const { subjects } = await inside(script, 'p001', 'GET', `/v1/subjects?work_item=${lead}`)
  const ask = (subject) =>
    inside(script, 'p001', 'POST', '/v1/disclosures', {
      form: 'masked',
      fields: ['name'],
      purpose: 'partner-lead',
      work_item: lead,
      subjects: [subject],
    })
  const before = await Promise.all(subjects.map(ask))
  assert.deepEqual(
    before.map((r) => r.status),
    subjects.map(() => 200),
    JSON.stringify(before),
  )

  const o = await Outside.open(browser, script, 'zh')
  await o.goto('information')
  await o.send('contact', { contact: withdraw, channel: 'sms' }, 'code')
  await o.send('code', { once: digits(await message(script, withdraw)) }, 'record, consent given')
  await o.send('withdraw', {}, 'record, consent withdrawn')
  await o.page.getByText('已撤回，此刻起生效').waitFor()
  await o.close()

  const after = await Promise.all(subjects.map(ask))
  assert.deepEqual(after.map((r) => r.status).sort(), [200, 200, 403], JSON.stringify(after))
  assert.match(after.find((r) => r.status === 403).code, /consent/)
}
