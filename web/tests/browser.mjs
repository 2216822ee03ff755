// A browser for stories: it keeps all traffic, and every story fails on a request to
// another origin, an error on the console, a broken rule of the page's policy, or a
// finding of axe.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export async function launch(executablePath) {
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export class Visit {
  constructor(script, context, page) {
    Object.assign(this, { script, context, page, traffic: [], wrong: [], pending: [] })
  }

  static async open(browser, script, options = {}) {
    const context = await browser.newContext({
      locale: 'zh-CN',
      reducedMotion: 'reduce',
      viewport: { width: 1280, height: 900 },
      ...options,
    })
    const page = await context.newPage()
    const v = new Visit(script, context, page)
    script.visit = v
    page.setDefaultTimeout(15_000)
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (e) =>
        console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`),
      )
    })
    page.on('pageerror', (e) => v.wrong.push(`page error: ${e.message}`))
    page.on('console', (m) => {
      // A refusal is an answer; the browser writes a line about its status all the same.
      if (
        m.type() === 'error' &&
        !/^Failed to load resource: the server responded with a status of 4\d\d/.test(m.text())
      )
        v.wrong.push(`console: ${m.text()}`)
    })
    page.on('request', (r) => {
      if (!r.url().startsWith(`${script.url}/`)) v.wrong.push(`a request to ${r.url()}`)
      if (r.url().includes('/console/reports')) v.wrong.push('a report of the policy')
      v.traffic.push(`${r.method()} ${r.url()} ${r.postData() ?? ''}`)
    })
    page.on('response', (r) => {
      if (!new URL(r.url()).pathname.startsWith('/v1/')) return
      if (r.status() >= 400) script.refusals.push(`${r.status()} ${new URL(r.url()).pathname}`)
      v.pending.push(
        r.text().then(
          (body) => v.traffic.push(body),
          () => {},
        ),
      )
    })
    return v
  }

  async goto(path) {
    await this.page.goto(`${this.script.url}/console${path}`)
  }

  /** Signs in with a one-time code; a passkey is offered once, and here put off. */
  async signIn(person) {
    await this.goto('/')
    await this.byCode(person)
    const later = this.page.getByTestId('later')
    await later.or(this.page.getByTestId('who')).waitFor()
    if (await later.isVisible()) await later.click()
    await this.page.getByTestId('who').waitFor()
  }

  /** Signs in with a one-time code, up to where the next one was kept. */
  async byCode(person) {
    await this.page.locator('#code').fill(this.script.codes[person])
    await this.page.getByTestId('by-code').click()
    this.script.codes[person] = (await this.page.getByTestId('next-code').textContent()).trim()
    await this.page.getByTestId('kept').click()
  }

  /** Signs in with a code and enrols a passkey, as approvals need one. */
  async signInWithPasskey(person) {
    await this.authenticator()
    await this.goto('/')
    await this.byCode(person)
    await this.page.getByTestId('enrol').click()
    await this.page.getByTestId('who').waitFor()
  }

  /** Gives the browser an authenticator that verifies its owner. */
  async authenticator() {
    const c = await this.context.newCDPSession(this.page)
    await c.send('WebAuthn.enable')
    await c.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
  }

  async axe(what) {
    // Transitions are over before contrast is measured.
    await this.page.evaluate(() =>
      Promise.all(
        document
          .getAnimations()
          .filter((a) => a.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
          .map((a) => a.finished.catch(() => {})),
      ),
    )
    const found =
      await this.page.evaluate(`${axe};axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })
      .then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 160) + ' ' + (n.any[0]?.message ?? '')).join(' | ')))`)
    assert.deepEqual(found, [], `axe on ${what}`)
  }

  async shot(name) {
    if (this.script.shots) await this.page.screenshot({ path: `${this.script.shots}/${name}.png`, fullPage: true })
  }

  /** None of the values is in anything that came or went. */
  async held(secrets) {
    await Promise.all(this.pending)
    assert.ok(this.traffic.length > 10, 'nothing was captured')
    for (const secret of secrets) {
      assert.ok(!this.traffic.some((x) => x.includes(secret)), 'a raw value went over the network')
    }
  }

  async close() {
    await Promise.all(this.pending)
    await this.context.close()
    assert.deepEqual(this.wrong, [])
  }
}
