// The demo itself: what a newcomer clicks, and what it leaves behind.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { request as httpRequest } from 'node:http'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { inspect, looks, openBrowser, press, signIn } from './support/browser.js'
import { files, photos, startDemo } from './support/demo.js'

let browser
before(async () => (browser = await openBrowser()))
after(() => browser?.close())

for (const [look, options] of Object.entries({ ...looks, scriptless: { javaScriptEnabled: false } })) {
  test(`alice may see photos and not files: ${look}`, async () => {
    const demo = await startDemo()
    const page = await browser.newPage(options)
    const follow = (name) => page.getByRole('link', { name, exact: true }).click()
    const heading = (name) => page.getByRole('heading', { level: 1, name }).waitFor()
    // axe is a script itself.
    const see = (name) => look !== 'scriptless' && inspect(page, `${look}-web-client-${name}`)

    await page.goto(demo.webClient)
    await see('start')
    await follow('Sign in')
    await signIn(page, 'alice')
    await heading('Hello, Alice')
    await see('signed-in')

    await follow('Call photos')
    await heading('photos answered 200 OK')
    assert.match(await page.innerText('main'), /"aud": "https:\/\/photos.example\/"/)
    await see('photos')
    await follow('Send this token to files')
    await heading('files answered 401 Unauthorized')
    await see('photos-token-at-files')
    await follow('Back')
    await follow('Call files')
    await heading('No token for files')
    await see('files-refused')

    await page.goto(`${demo.webClient}/events`)
    await page.getByText('session.started').first().waitFor()
    await see('events')
    await follow('Back')
    await press(page, 'Sign out')
    await page.goto(demo.webClient)
    await heading('Nobody is signed in')
    await page.close()
    assert.deepEqual(await demo.stop(), { code: 0, signal: null, left: [] })
  })
}

test('the walk that the demo prints goes through in sh', async () => {
  const demo = await startDemo()
  const walk = demo.printed().slice(demo.printed().indexOf('\nidp='))
  const { stdout } = await promisify(execFile)('sh', ['-c', walk], { maxBuffer: 2 ** 24 })
  const statuses = Array.from(stdout.matchAll(/^HTTP\/1.1 (\d+)/gm), ([, status]) => status)
  assert.deepEqual(statuses, ['200', '401', '403', '200', '200', '200', '200'], stdout)
  const tokens = Array.from(stdout.matchAll(/^\{"iss".*"aud":"([^"]*)"/gm), ([, audience]) => audience)
  assert.deepEqual(tokens, [photos, files])
  assert.match(stdout, /^http:\S*[?&]error=access_denied/m)
  for (const type of ['session.started', 'grant.created']) assert.ok(stdout.includes(`"type":"${type}"`), type)
  await demo.stop()
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
