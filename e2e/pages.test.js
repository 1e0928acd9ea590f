// What a person meets: sign-in, consent, the errors, my account. Every page is looked at by axe, in
// the light and in the dark, on a desk and on a phone, and its picture is kept in `out/`.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { inspect, looks, openBrowser, press, signIn, standInFor, walk } from './support/browser.js'
import { cliCallback, password, photos, startDemo } from './support/demo.js'
import { signInAt, tokensAt } from './support/flow.js'
import { authorization, discover } from './support/oauth.js'

let demo, browser
before(async () => {
  demo = await startDemo()
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await demo?.stop()
})

const thirdParty = [
  ['scope', 'openid profile email photos:read'],
  ['resource', photos],
]
/** Asked each time, whatever was allowed before. */
const asked = [...thirdParty, ['prompt', 'consent']]

/** Opens the sign-in page that an authorization request of demo-third-party leads to. */
async function request(page) {
  const config = await discover(demo.issuer, 'demo-third-party')
  await standInFor(cliCallback, page)
  const { url, redeem } = await authorization(config, cliCallback, asked)
  await page.goto(url.href)
  return redeem
}

/** Presses Tab until the element has the focus, as somebody without a mouse would. */
async function tabTo(page, element) {
  for (let presses = 0; presses < 40; presses++) {
    if (await element.evaluate((it) => it === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`${element} cannot be reached with the keyboard`)
}

for (const [look, options] of Object.entries(looks)) {
  test(`every page is accessible: ${look}`, async () => {
    const context = await browser.newContext(options)
    const page = await context.newPage()
    const see = (name) => inspect(page, `${look}-${name}`)
    await request(page)
    await see('sign-in')
    await signIn(page, 'alice', 'wrong password')
    await page.getByRole('alert').waitFor()
    await see('sign-in-wrong')
    await signIn(page, 'alice')
    await page.getByRole('button', { name: 'Allow', exact: true }).waitFor()
    await see('consent')
    await press(page, 'Allow')

    for (const path of ['', '/password', '/sessions', '/apps']) {
      await page.goto(`${demo.issuer}/account${path}`)
      await see(`account${path.replace('/', '-')}`)
    }
    await page.goto(`${demo.issuer}/nothing-here`)
    await see('not-found')
    const { url } = await authorization(await discover(demo.issuer, 'demo-cli'), 'https://evil.example/', [
      ['scope', 'openid'],
    ])
    await page.goto(url.href)
    await see('redirect-refused')
    await page.goto(`${demo.issuer}/account`)
    await page.getByRole('link', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign out?' }).waitFor()
    await see('sign-out')
    await press(page, 'Sign out')
    await see('signed-out')
    await context.close()
  })
}

for (const javaScriptEnabled of [true, false]) {
  describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    const options = { javaScriptEnabled }

    test('alice signs in and allows a third party what it asks for', async () => {
      const page = await browser.newPage(options)
      const redeem = await request(page)
      await signIn(page, 'alice')
      assert.match(await page.innerText('body'), /photos:read/)
      await press(page, 'Allow')
      const tokens = await redeem(page.url())
      assert.ok(tokens.scope.split(' ').includes('photos:read'))
      assert.equal(tokens.claims().preferred_username, 'alice')
      await page.close()
    })

    test('what she takes the mark from, the app does not get', async () => {
      const page = await browser.newPage(options)
      const redeem = await request(page)
      await signIn(page, 'alice')
      await page.getByLabel('e-mail').uncheck()
      await press(page, 'Allow')
      const tokens = await redeem(page.url())
      const scopes = tokens.scope.split(' ')
      assert.ok(scopes.includes('photos:read') && scopes.includes('profile') && !scopes.includes('email'), tokens.scope)
      assert.equal(tokens.claims().email, undefined)
      await page.close()
    })

    test('without the only scope of the API there is no token', async () => {
      const page = await browser.newPage(options)
      await request(page)
      await signIn(page, 'alice')
      await page.getByLabel('photos:read').uncheck()
      await press(page, 'Allow')
      const answer = new URL(page.url()).searchParams
      assert.deepEqual([answer.get('error'), answer.get('code')], ['access_denied', null])
      await page.close()
    })

    test('Deny sends her back with nothing', async () => {
      const page = await browser.newPage(options)
      await request(page)
      await signIn(page, 'alice')
      await press(page, 'Deny')
      const answer = new URL(page.url()).searchParams
      assert.deepEqual([answer.get('error'), answer.get('code')], ['access_denied', null])
      assert.equal(answer.get('iss'), demo.issuer)
      await page.close()
    })

    test('a wrong password says no more than that', async () => {
      const page = await browser.newPage(options)
      await request(page)
      const said = []
      for (const username of ['bob', 'nobody-of-this-name']) {
        await signIn(page, username, 'not the password')
        said.push(await page.getByRole('alert').innerText())
        assert.equal(await page.getByLabel('Username').inputValue(), username)
      }
      assert.equal(said[0], said[1])
      await page.close()
    })
  })
}

test('sign-in and consent need no mouse', async () => {
  const page = await browser.newPage()
  const redeem = await request(page)
  await tabTo(page, page.getByLabel('Username'))
  await page.keyboard.type('alice')
  await tabTo(page, page.getByLabel('Password'))
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  const email = page.getByLabel('e-mail')
  await email.waitFor()
  await tabTo(page, email)
  await page.keyboard.press('Space')
  await tabTo(page, page.getByRole('button', { name: 'Allow', exact: true }))
  await page.keyboard.press('Enter')
  await page.waitForURL(`${cliCallback}*`)
  const tokens = await redeem(page.url())
  assert.ok(!tokens.scope.split(' ').includes('email'))
  await page.close()
})

test('consent is remembered, until it is taken back', async () => {
  const { page } = await tokensAt(demo, browser, 'demo-third-party', 'carol', thirdParty)
  const consents = []
  const again = () =>
    signInAt(demo, browser, 'demo-third-party', 'carol', thirdParty, {
      page,
      consent: async () => {
        consents.push(page.url())
        await press(page, 'Allow')
      },
    })
  await again()
  assert.equal(consents.length, 0)
  await page.goto(`${demo.issuer}/account/apps`)
  await page.getByRole('listitem').filter({ hasText: 'third party' }).getByRole('button').click()
  await page.getByText('Print shop is removed.').waitFor()
  await again()
  assert.equal(consents.length, 1)
  await page.close()
})

test('carol ends her session on another device', async () => {
  const scope = [['scope', 'openid']]
  const here = await signInAt(demo, browser, 'demo-cli', 'carol', scope)
  const there = await signInAt(demo, browser, 'demo-cli', 'carol', scope)
  await here.page.goto(`${demo.issuer}/account/sessions`)
  await press(here.page, 'End all other sessions')
  await here.page.getByRole('status').waitFor()
  await there.page.goto(`${demo.issuer}/account`)
  await there.page.getByLabel('Username').waitFor()
  await here.page.reload()
  await here.page.getByText('this device').waitFor()
  for (const { page } of [here, there]) await page.close()
})

test('dora changes her password, and only the new one is good', async () => {
  const page = await browser.newPage()
  await page.goto(`${demo.issuer}/account`)
  await signIn(page, 'dora')
  await page.getByRole('link', { name: 'Password' }).click()
  const change = async (current, next) => {
    await page.getByLabel('Current password').fill(current)
    await page.getByLabel('New password', { exact: true }).fill(next)
    await page.getByLabel('New password again').fill(next)
    await press(page, 'Change password')
  }
  const next = 'seven harbour lanterns'
  await change('not her password', next)
  await page.getByRole('alert').waitFor()
  await change(password, next)
  await page.getByText('Your password is changed.').waitFor()

  const other = await browser.newPage()
  await other.goto(`${demo.issuer}/account`)
  await signIn(other, 'dora')
  await other.getByRole('alert').waitFor()
  await signIn(other, 'dora', next)
  await other.getByRole('heading', { name: 'Profile' }).waitFor()
  for (const each of [page, other]) await each.close()
})

test('a form that comes from elsewhere changes nothing', async () => {
  const { page } = await signInAt(demo, browser, 'demo-cli', 'bob', [['scope', 'openid']])
  await page.goto(`${demo.issuer}/account/password`)
  for (const headers of [{ origin: 'https://evil.example' }, { origin: demo.issuer }]) {
    const answer = await page.request.post(`${demo.issuer}/account/password`, {
      headers,
      form: { current_password: password, new_password: 'chosen by a stranger', new_password_again: 'chosen by a stranger' },
    })
    assert.equal(answer.status(), 403)
  }
  await page.close()
})

test('no page may be framed, and none runs foreign script', async () => {
  const answer = await fetch(`${demo.issuer}/account`)
  const policy = answer.headers.get('content-security-policy')
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.doesNotMatch(policy, /unsafe/)
})
