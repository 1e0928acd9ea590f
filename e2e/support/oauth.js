// openid-client, an independent client, set up as each of the demo's clients.
import './globals.js'
import assert from 'node:assert/strict'
import * as oauth from 'openid-client'
import { createRemoteJWKSet, jwtVerify } from 'jose'

export { oauth }

const secrets = {
  'demo-web': 'demo-web-secret',
  'demo-machine': 'demo-machine-secret',
  'demo-admin': 'demo-admin-secret',
}

/** Discovery, as one of the demo's clients. */
export function discover(issuer, clientId, authentication) {
  const secret = secrets[clientId]
  authentication ??= secret ? oauth.ClientSecretBasic(secret) : oauth.None()
  return oauth.discovery(new URL(issuer), clientId, undefined, authentication, {
    execute: [oauth.allowInsecureRequests],
  })
}

/** An authorization request with PKCE, state and, for OpenID Connect, nonce; and what redeems its answer. */
export async function authorization(config, redirectUri, parameters) {
  const checks = { pkceCodeVerifier: oauth.randomPKCECodeVerifier(), expectedState: oauth.randomState() }
  const query = new URLSearchParams([
    ['redirect_uri', redirectUri],
    ['code_challenge', await oauth.calculatePKCECodeChallenge(checks.pkceCodeVerifier)],
    ['code_challenge_method', 'S256'],
    ['state', checks.expectedState],
    ...parameters,
  ])
  if (query.get('scope')?.split(' ').includes('openid')) {
    checks.idTokenExpected = true
    checks.expectedNonce = oauth.randomNonce()
    query.set('nonce', checks.expectedNonce)
  }
  return {
    url: oauth.buildAuthorizationUrl(config, query),
    /** Exchanges the code of the answer that came back at `callback`. */
    redeem: (callback, extra) => oauth.authorizationCodeGrant(config, new URL(callback), checks, extra),
  }
}

/** Verifies a JWT access token as an API would: by discovery and JWKS. */
export async function verify(config, accessToken, audience) {
  const { issuer, jwks_uri: jwks } = config.serverMetadata()
  return jwtVerify(accessToken, createRemoteJWKSet(new URL(jwks)), { issuer, audience, typ: 'at+jwt' })
}

/** Asserts that the server refuses with this OAuth error code. */
export function refused(code, request) {
  return assert.rejects(request, (error) => {
    assert.equal(error.error, code, error.error_description ?? error.message)
    return true
  })
}
