// The admin API, as demo-admin: a service account that holds every admin scope.
import { discover, oauth } from './oauth.js'

export async function administrator(issuer) {
  const audience = `${issuer}/api/v1`
  const config = await discover(issuer, 'demo-admin')
  const { access_token: token } = await oauth.clientCredentialsGrant(config, { resource: audience })

  async function call(method, path, body) {
    const response = await fetch(`${audience}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      body: body && JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }

  return { call }
}
