// The demo itself: what a newcomer clicks, and what it leaves behind.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { request as httpRequest } from 'node:http'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { inspect, looks, openBrowser, press, signIn } from './support/browser.js'
import { files, password, photos, startDemo } from './support/demo.js'

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

for (const [look, options] of Object.entries(looks)) {
  test(`the receiver shows that a session ended and a password changed: ${look}`, async () => {
    const demo = await startDemo()
    await demo.receives()
    // Two browsers of the same person.
    const contexts = await Promise.all([browser.newContext(), browser.newContext(options)])
    const [elsewhere, page] = await Promise.all(contexts.map((context) => context.newPage()))
    for (const at of [elsewhere, page]) {
      await at.goto(`${demo.issuer}/account`)
      await signIn(at, 'alice')
      await at.getByRole('heading', { level: 1, name: 'Profile' }).waitFor()
    }
    const alice = await page.getByRole('definition').filter({ hasText: /^[0-9a-f-]{36}$/ }).innerText()
    await page.goto(`${demo.issuer}/account/sessions`)
    await press(page, 'End all other sessions')
    await page.goto(`${demo.issuer}/account/password`)
    await page.getByLabel('Current password').fill(password)
    await page.getByLabel('New password', { exact: true }).fill('another password')
    await page.getByLabel('New password again').fill('another password')
    await press(page, 'Change password')
    await page.getByText('Your password is changed.').waitFor()

    await page.goto(`${demo.receiver}/live`)
    await page.getByRole('heading', { name: 'credential-change' }).waitFor()
    await page.getByRole('link', { name: 'Stop that' }).click()
    const shown = await page.getByRole('main').getByRole('listitem').allInnerTexts()
    const names = shown.map((text) => text.match(/^\S+/)[0])
    assert.deepEqual(names, [
      'credential-change',
      'session-revoked',
      'session-established',
      'session-established',
      'verification',
    ])
    assert.match(shown[1], /The user ended the session from another one/)
    for (const text of shown.slice(0, 4)) assert.ok(text.includes(alice), text)
    assert.match(shown[0], /"change_type": "update"/)
    await inspect(page, `${look}-receiver`)
    for (const context of contexts) await context.close()
    await demo.stop()
  })
}

test('the walk that the demo prints goes through in sh', async () => {
  const demo = await startDemo()
  await demo.receives()
  const walk = demo.printed().slice(demo.printed().indexOf('\nidp='))
  const { stdout } = await promisify(execFile)('sh', ['-c', walk], { maxBuffer: 2 ** 24 })
  const statuses = Array.from(stdout.matchAll(/^HTTP\/1.1 (\d+)/gm), ([, status]) => status)
  assert.deepEqual(statuses, ['200', '401', '403', '200', '200', '200', '200', '200'], stdout)
  const tokens = Array.from(stdout.matchAll(/^\{"iss".*"aud":"([^"]*)"/gm), ([, audience]) => audience)
  assert.deepEqual(tokens, [photos, files])
  assert.match(stdout, /^http:\S*[?&]error=access_denied/m)
  const heard = stdout.match(/^\[\{"iss".*\}\]$/m)
  assert.ok(heard, stdout)
  const [{ events }] = JSON.parse(heard[0])
  assert.match(Object.keys(events)[0], /session-revoked$/)
  for (const type of ['session.started', 'grant.created', 'session.ended']) assert.ok(stdout.includes(`"type":"${type}"`), type)
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
