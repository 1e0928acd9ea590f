// What needs no person: client_credentials, introspection, revocation, discovery, CORS.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import { administrator } from './support/admin.js'
import { files, photos, startDemo } from './support/demo.js'
import { discover, oauth, refused, verify } from './support/oauth.js'

let demo
before(async () => (demo = await startDemo()))
after(() => demo?.stop())

test('a machine gets a token for the API that it names', async () => {
  const config = await discover(demo.issuer, 'demo-machine')
  for (const [resource, scope, server] of [
    [photos, 'photos:read', demo.photosServer],
    [files, 'files:read', demo.filesServer],
  ]) {
    const tokens = await oauth.clientCredentialsGrant(config, { resource, scope })
    const { payload } = await verify(config, tokens.access_token, resource)
    assert.deepEqual([payload.aud, payload.scope, payload.client_id], [resource, scope, 'demo-machine'])
    assert.equal(tokens.refresh_token, undefined)
    const answer = await fetch(server, { headers: { authorization: `Bearer ${tokens.access_token}` } })
    assert.equal(answer.status, 200)
  }
})

test('a machine is refused what it may not have, with the code of the RFC', async () => {
  const config = await discover(demo.issuer, 'demo-machine')
  const ask = (parameters, as = config) => oauth.clientCredentialsGrant(as, parameters)
  await refused('invalid_target', () => ask({ resource: 'https://nobody.example/' }))
  await refused('invalid_target', () => ask({ resource: `${demo.issuer}/api/v1` }))
  await refused('invalid_scope', () => ask({ resource: photos, scope: 'photos:erase' }))
  const wrong = await discover(demo.issuer, 'demo-machine', oauth.ClientSecretBasic('not-the-secret'))
  await assert.rejects(ask({ resource: photos }, wrong), { status: 401 })
})

test('an API introspects its own tokens and no others, until they are revoked', async () => {
  const admin = await administrator(demo.issuer)
  const [photosApi, filesApi] = await Promise.all(
    [photos, files].map(async (identifier) => {
      const credential = await admin.credential(identifier)
      return discover(demo.issuer, identifier, oauth.ClientSecretBasic(credential))
    }),
  )
  const config = await discover(demo.issuer, 'demo-machine')
  const { access_token: token } = await oauth.clientCredentialsGrant(config, { resource: photos, scope: 'photos:read' })

  const found = await oauth.tokenIntrospection(photosApi, token)
  assert.deepEqual([found.active, found.aud, found.scope], [true, photos, 'photos:read'])
  assert.deepEqual(await oauth.tokenIntrospection(filesApi, token), { active: false })
  await oauth.tokenRevocation(config, token)
  assert.deepEqual(await oauth.tokenIntrospection(photosApi, token), { active: false })

  // A client has no business here, nor has an API with a credential that is not its own.
  const wrong = await discover(demo.issuer, photos, oauth.ClientSecretBasic('not-the-credential'))
  for (const caller of [config, wrong]) {
    await assert.rejects(oauth.tokenIntrospection(caller, token), { status: 401 })
  }
})

test('a client proves itself by its key', async () => {
  const admin = await administrator(demo.issuer)
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
  const settings = { auth_method: 'private_key_jwt', jwks: { keys: [key] } }
  await admin.machine('signer', settings, photos, ['photos:read'])

  const ask = async (privateKey) => {
    const proof = oauth.PrivateKeyJwt({ key: privateKey, kid: 'one' })
    const config = await discover(demo.issuer, 'signer', proof)
    return [config, await oauth.clientCredentialsGrant(config, { resource: photos })]
  }
  const [config, tokens] = await ask(privateKey)
  const { payload } = await verify(config, tokens.access_token, photos)
  assert.deepEqual([payload.client_id, payload.scope], ['signer', 'photos:read'])
  const stranger = await generateKeyPair('ES256')
  await assert.rejects(ask(stranger.privateKey), { status: 401 })
})

test('metadata is the same at its well-known addresses, and open to every origin', async () => {
  const config = await discover(demo.issuer, 'demo-cli')
  const metadata = config.serverMetadata()
  for (const form of ['openid-configuration', 'oauth-authorization-server']) {
    const answer = await fetch(`${demo.issuer}/.well-known/${form}`, { headers: { origin: 'https://app.example' } })
    assert.equal(answer.headers.get('access-control-allow-origin'), '*', form)
    const found = await answer.json()
    assert.equal(found.issuer, demo.issuer)
    for (const endpoint of Object.keys(found).filter((name) => name.endsWith('_endpoint'))) {
      assert.equal(found[endpoint], metadata[endpoint], endpoint)
    }
  }
  assert.deepEqual(metadata.code_challenge_methods_supported, ['S256'])
  assert.equal(metadata.authorization_response_iss_parameter_supported, true)
  const keys = await fetch(metadata.jwks_uri, { headers: { origin: 'https://app.example' } })
  assert.equal(keys.headers.get('access-control-allow-origin'), '*')
  assert.ok((await keys.json()).keys.every((key) => key.kid && !key.d))
})

test('the token endpoint answers no origin that no client registered', async () => {
  const config = await discover(demo.issuer, 'demo-cli')
  const answer = await fetch(config.serverMetadata().token_endpoint, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
  })
  assert.equal(answer.headers.get('access-control-allow-origin'), null)
})
