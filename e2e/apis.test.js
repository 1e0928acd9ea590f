// One token for one API: what a resource server, a client and a person see of RFC 8707 and RFC 9068,
// with two APIs, photos and files, each open to the members of its group.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administrator } from './support/admin.js'
import { openBrowser, press } from './support/browser.js'
import { files, photos, startDemo } from './support/demo.js'
import { signInAt, tokensAt } from './support/flow.js'
import { discover, oauth, refused, verify } from './support/oauth.js'

let demo, browser
before(async () => {
  demo = await startDemo()
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await demo?.stop()
})

const cli = (username, parameters, options) => tokensAt(demo, browser, 'demo-cli', username, parameters, options)
const both = [
  ['scope', 'openid offline_access photos:read files:read'],
  ['resource', photos],
  ['resource', files],
]

/** Calls one of the demo's resource servers. */
const call = (server, token) => fetch(server, { headers: { authorization: `Bearer ${token}` } })

test('1: a token for photos has photos as its only audience, and only its scope', async () => {
  const { config, tokens } = await cli('alice', [['scope', 'photos:read'], ['resource', photos]])
  const { payload } = await verify(config, tokens.access_token, photos)
  assert.equal(payload.aud, photos)
  assert.equal(payload.scope, 'photos:read')
  assert.equal((await call(demo.photosServer, tokens.access_token)).status, 200)
})

test('2: the refresh token of the same sign-in gives a token for files', async () => {
  const { config, tokens } = await cli('carol', both, { extra: { resource: photos } })
  assert.equal((await verify(config, tokens.access_token, photos)).payload.scope, 'photos:read')
  const other = await oauth.refreshTokenGrant(config, tokens.refresh_token, { resource: files })
  const { payload } = await verify(config, other.access_token, files)
  assert.deepEqual([payload.aud, payload.scope], [files, 'files:read'])
  // It never widens: what was not asked for at first is not to be had now.
  await refused('invalid_scope', () =>
    oauth.refreshTokenGrant(config, other.refresh_token, { resource: files, scope: 'files:write' }),
  )
})

test('3: who is not in the group gets neither code nor token', async () => {
  for (const username of ['bob', 'dora']) {
    const { callback, page } = await signInAt(demo, browser, 'demo-cli', username, [
      ['scope', 'openid photos:read'],
      ['resource', photos],
    ])
    assert.equal(callback.searchParams.get('error'), 'access_denied', username)
    assert.equal(callback.searchParams.get('code'), null)
    await page.close()
  }
})

test("4: a third party gets what lies below its ceiling, and is told so", async () => {
  const ask = (parameters) => tokensAt(demo, browser, 'demo-third-party', 'alice', parameters)
  const { config, tokens } = await ask([['scope', 'openid photos:read photos:write'], ['resource', photos]])
  assert.equal((await verify(config, tokens.access_token, photos)).payload.scope, 'photos:read')
  assert.ok(!tokens.scope.split(' ').includes('photos:write'), tokens.scope)
  assert.ok(tokens.expires_in <= 300)

  const { callback } = await signInAt(demo, browser, 'demo-third-party', 'carol', [
    ['scope', 'openid files:write'],
    ['resource', files],
  ])
  assert.equal(callback.searchParams.get('error'), 'invalid_target')
})

test('5: what a person takes back from one app, another keeps', async () => {
  const ask = [['scope', 'openid offline_access photos:read'], ['resource', photos]]
  const third = await tokensAt(demo, browser, 'demo-third-party', 'alice', ask)
  const own = await cli('alice', ask, { page: third.page })
  await third.page.goto(`${demo.issuer}/account/apps`)
  await third.page.getByRole('listitem').filter({ hasText: 'third party' }).getByRole('button', { name: 'Remove Print shop' }).click()
  await third.page.getByText('Print shop is removed.').waitFor()
  await refused('invalid_grant', () => oauth.refreshTokenGrant(third.config, third.tokens.refresh_token))
  assert.ok((await oauth.refreshTokenGrant(own.config, own.tokens.refresh_token)).access_token)
})

test('6: a token for photos opens nothing at files', async () => {
  const { tokens } = await cli('carol', both, { extra: { resource: photos } })
  assert.equal((await call(demo.photosServer, tokens.access_token)).status, 200)
  const refusal = await call(demo.filesServer, tokens.access_token)
  assert.equal(refusal.status, 401)
  assert.match(refusal.headers.get('www-authenticate'), /error="invalid_token"/)
})

test('7: the slash at the end of a bare origin does not matter', async () => {
  for (const resource of [photos, photos.slice(0, -1)]) {
    const { config, tokens } = await cli('alice', [['scope', 'photos:read'], ['resource', resource]])
    assert.equal((await verify(config, tokens.access_token, photos)).payload.aud, photos)
  }
})

test('8: two resources at the token endpoint are one too many', async () => {
  const extra = new URLSearchParams([['resource', photos], ['resource', files]])
  await refused('invalid_target', () => cli('carol', both, { extra }))
})

test('9: who leaves the group loses the scope at the next refresh', async () => {
  const admin = await administrator(demo.issuer)
  const { config, tokens } = await cli('carol', both, { extra: { resource: photos } })
  await admin.removeMember('photos', 'carol')
  await refused('invalid_grant', () => oauth.refreshTokenGrant(config, tokens.refresh_token, { resource: photos }))
  const rest = await oauth.refreshTokenGrant(config, tokens.refresh_token, { resource: files })
  assert.equal((await verify(config, rest.access_token, files)).payload.scope, 'files:read')
})

test('10: an access token has the type and the claims of RFC 9068', async () => {
  const { config, tokens } = await cli('alice', [['scope', 'photos:read'], ['resource', photos]])
  const { payload, protectedHeader } = await verify(config, tokens.access_token, photos)
  assert.equal(protectedHeader.typ, 'at+jwt')
  assert.equal(protectedHeader.alg, 'ES256')
  for (const claim of ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']) {
    assert.ok(payload[claim] !== undefined, claim)
  }
  assert.equal(payload.client_id, 'demo-cli')
  assert.equal(payload.exp - payload.iat, 600)
})

test('an API that nobody registered and one the client may not use look alike', async () => {
  const refusal = async (parameters) => {
    const { callback, page } = await signInAt(demo, browser, 'demo-third-party', 'carol', parameters)
    await page.close()
    return ['error', 'error_description'].map((name) => callback.searchParams.get(name))
  }
  const unknown = await refusal([['scope', 'openid'], ['resource', 'https://nobody.example/']])
  const forbidden = await refusal([['scope', 'openid'], ['resource', files]])
  assert.deepEqual(unknown, forbidden)
  assert.equal(unknown[0], 'invalid_target')
})
