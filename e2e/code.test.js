// The authorization code flow (RFC 6749 §4.1, RFC 7636, OpenID Connect Core §3.1) as openid-client does it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, press, standInFor, walk } from './support/browser.js'
import { cliCallback, photos, startDemo, webCallback } from './support/demo.js'
import { signInAt, tokensAt } from './support/flow.js'
import { listenLoopback } from './support/loopback.js'
import { authorization, discover, oauth, refused, verify } from './support/oauth.js'

let demo, browser
before(async () => {
  demo = await startDemo()
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await demo?.stop()
})

const cliTokens = (parameters) => tokensAt(demo, browser, 'demo-cli', 'alice', parameters)

test('a confidential client signs a person in and asks who it is', async () => {
  const config = await discover(demo.issuer, 'demo-web')
  const redirectUri = webCallback(demo)
  const page = await browser.newPage()
  await standInFor(redirectUri, page)
  const request = await authorization(config, redirectUri, [['scope', 'openid profile email']])
  const tokens = await request.redeem(await walk(page, request.url, redirectUri, { username: 'alice' }))

  const claims = tokens.claims()
  assert.equal(claims.aud, 'demo-web')
  assert.ok(claims.sid && claims.auth_time)
  const person = await oauth.fetchUserInfo(config, tokens.access_token, claims.sub)
  assert.equal(person.preferred_username, 'alice')
  assert.equal(person.sub, claims.sub)
})

test('a native app gets its answer at whatever loopback port it listens on', async () => {
  const config = await discover(demo.issuer, 'demo-cli')
  for (const port of ['one', 'another']) {
    const app = await listenLoopback()
    const page = await browser.newPage()
    const request = await authorization(config, app.redirectUri, [['scope', 'openid']])
    await walk(page, request.url, app.redirectUri, { username: 'alice' })
    const { url } = app.answer()
    assert.equal(url.searchParams.get('iss'), demo.issuer, `RFC 9207, at ${port} port`)
    assert.ok((await request.redeem(url)).id_token)
    app.close()
    await page.close()
  }
})

test('nothing but the port of a redirect URI may differ', async () => {
  const config = await discover(demo.issuer, 'demo-cli')
  const context = await browser.newContext()
  const good = new URL(cliCallback)
  for (const bad of [`${good}/`, `${good}?x=1`, `http://localhost:${good.port}${good.pathname}`, `https${good.href.slice(4)}`]) {
    const { url } = await authorization(config, bad, [['scope', 'openid']])
    const answer = await context.request.get(url.href, { maxRedirects: 0 })
    assert.equal(answer.status(), 400, bad)
    assert.equal(answer.headers().location, undefined, bad)
  }
  await context.close()
})

for (const [name, javaScriptEnabled, otherwise] of [
  ['goes on by itself', true, (page) => page.waitForURL('**/callback')],
  ['has a button where there is no script', false, (page) => press(page, 'Continue')],
]) {
  test(`response_mode form_post ${name}`, async () => {
    const config = await discover(demo.issuer, 'demo-cli')
    const app = await listenLoopback()
    const page = await browser.newPage({ javaScriptEnabled })
    const request = await authorization(config, app.redirectUri, [['scope', 'openid'], ['response_mode', 'form_post']])
    await walk(page, request.url, app.redirectUri, { username: 'alice', otherwise })
    const { method, url, form } = app.answer()
    assert.equal(method, 'POST')
    url.search = form.toString()
    assert.ok((await request.redeem(url)).id_token)
    app.close()
    await page.close()
  })
}

test('a public client without PKCE is refused, and so is a wrong verifier', async () => {
  const { config, page } = await cliTokens([['scope', 'openid']])
  const request = await authorization(config, cliCallback, [['scope', 'openid']])

  const without = new URL(request.url)
  without.searchParams.delete('code_challenge')
  without.searchParams.delete('code_challenge_method')
  const answer = new URL(await walk(page, without, cliCallback))
  assert.equal(answer.searchParams.get('error'), 'invalid_request')
  assert.equal(answer.searchParams.get('code'), null)

  const callback = new URL(await walk(page, request.url, cliCallback))
  await refused('invalid_grant', () =>
    oauth.authorizationCodeGrant(config, callback, {
      expectedState: callback.searchParams.get('state'),
      pkceCodeVerifier: oauth.randomPKCECodeVerifier(),
      expectedNonce: request.url.searchParams.get('nonce'),
    }),
  )
})

test('a code used twice ends what its first use gave', async () => {
  const { config, tokens, request, callback } = await cliTokens([['scope', 'openid offline_access']])
  await refused('invalid_grant', () => request.redeem(callback))
  await refused('invalid_grant', () => oauth.refreshTokenGrant(config, tokens.refresh_token))
  await assert.rejects(oauth.fetchUserInfo(config, tokens.access_token, tokens.claims().sub), { status: 401 })
})

test('a lost answer can be asked for again; a used refresh token ends its family', async () => {
  const { config, tokens } = await cliTokens([['scope', 'openid offline_access']])
  const first = await oauth.refreshTokenGrant(config, tokens.refresh_token)
  const again = await oauth.refreshTokenGrant(config, tokens.refresh_token)
  assert.notEqual(first.refresh_token, tokens.refresh_token)
  assert.equal(again.refresh_token, first.refresh_token)

  const second = await oauth.refreshTokenGrant(config, first.refresh_token)
  await refused('invalid_grant', () => oauth.refreshTokenGrant(config, tokens.refresh_token))
  await refused('invalid_grant', () => oauth.refreshTokenGrant(config, second.refresh_token))
})

test('a revoked refresh token is worth nothing', async () => {
  const { config, tokens } = await cliTokens([['scope', 'openid offline_access']])
  await oauth.tokenRevocation(config, tokens.refresh_token)
  await refused('invalid_grant', () => oauth.refreshTokenGrant(config, tokens.refresh_token))
  // RFC 7009 §2.2: a token that is not known is no error.
  await oauth.tokenRevocation(config, 'never-issued')
})

test('userinfo takes its own tokens only', async () => {
  const scope = ['scope', 'openid profile photos:read']
  const { config, tokens } = await cliTokens([scope, ['resource', photos]])
  assert.equal(tokens.claims().preferred_username, 'alice', 'the ID token has the profile instead')
  await verify(config, tokens.access_token, photos)
  await assert.rejects(oauth.fetchUserInfo(config, tokens.access_token, tokens.claims().sub), { status: 401 })
})

test('prompt and max_age decide whether a person is asked', async () => {
  const ask = (parameters, page) =>
    signInAt(demo, browser, 'demo-cli', 'alice', [['scope', 'openid'], ...parameters], { page })
  const silent = ['prompt', 'none']
  const { page, callback, config } = await ask([silent])
  assert.equal(callback.searchParams.get('error'), 'login_required')
  await ask([], page)
  const known = await ask([silent], page)
  assert.ok(known.callback.searchParams.get('code'), 'signed in, so nobody is asked')

  for (const again of [['prompt', 'login'], ['max_age', '0']]) {
    const request = await authorization(config, cliCallback, [['scope', 'openid'], again])
    await page.goto(request.url.href)
    assert.ok(await page.getByLabel('Password').isVisible(), again.join('='))
  }
  await page.close()
})

test('login_hint fills in the username', async () => {
  const config = await discover(demo.issuer, 'demo-cli')
  const page = await browser.newPage()
  const { url } = await authorization(config, cliCallback, [['scope', 'openid'], ['login_hint', 'carol']])
  await page.goto(url.href)
  assert.equal(await page.getByLabel('Username').inputValue(), 'carol')
  await page.close()
})

test('a client signs the person out, and with the session end its tokens', async () => {
  const config = await discover(demo.issuer, 'demo-web')
  const redirectUri = webCallback(demo)
  const context = await browser.newContext()
  const page = await context.newPage()
  await standInFor(redirectUri, page)
  const request = await authorization(config, redirectUri, [['scope', 'openid']])
  const tokens = await request.redeem(await walk(page, request.url, redirectUri, { username: 'alice' }))

  const back = demo.webClient + '/'
  const state = oauth.randomState()
  const end = oauth.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: back,
    state,
  })
  await page.goto(end.href)
  if (!page.url().startsWith(back)) await press(page, 'Sign out')
  assert.equal(page.url(), `${back}?state=${state}`)

  const silent = await authorization(config, redirectUri, [['scope', 'openid'], ['prompt', 'none']])
  const answer = new URL(await walk(page, silent.url, redirectUri))
  assert.equal(answer.searchParams.get('error'), 'login_required')
  await assert.rejects(oauth.fetchUserInfo(config, tokens.access_token, tokens.claims().sub), { status: 401 })
  if (tokens.refresh_token) {
    await refused('invalid_grant', () => oauth.refreshTokenGrant(config, tokens.refresh_token))
  }
  await context.close()
})
