// The demo itself: what a newcomer clicks, and what it leaves behind.
import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { after, before, test } from 'node:test'
import { inspect, openBrowser, signIn } from './support/browser.js'
import { startDemo } from './support/demo.js'

let browser
before(async () => (browser = await openBrowser()))
after(() => browser?.close())

test('alice may see photos and not files, in the browser, and nothing stays', async () => {
  const demo = await startDemo()
  const page = await browser.newPage()
  await page.goto(demo.webClient)
  await inspect(page, 'web-client')
  await page.getByRole('button', { name: 'Sign in' }).or(page.getByRole('link', { name: 'Sign in' })).first().click()
  await signIn(page, 'alice')
  await page.getByText('alice').first().waitFor()
  await inspect(page, 'web-client-signed-in')
  assert.deepEqual(await demo.stop(), { code: 0, signal: null, left: [] })
})

test('a foreign Host is refused', async () => {
  const demo = await startDemo()
  for (const host of ['evil.example', `localhost.evil.example:${new URL(demo.issuer).port}`]) {
    const status = await new Promise((resolve, reject) => {
      httpRequest(`${demo.issuer}/.well-known/openid-configuration`, { headers: { host } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
        .on('error', reject)
        .end()
    })
    assert.equal(status, 421, host)
  }
  await demo.stop()
})
