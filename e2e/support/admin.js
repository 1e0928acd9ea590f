// The admin API, as demo-admin: a service account that holds every admin scope.
import { discover, oauth } from './oauth.js'

export async function administrator(issuer) {
  const api = `${issuer}/api/v1`
  const config = await discover(issuer, 'demo-admin')
  const { access_token: token } = await oauth.clientCredentialsGrant(config, { resource: api })

  async function call(method, path, body) {
    const response = await fetch(`${api}${path}`, {
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

  /** The id of the one thing of a list that has this name. */
  async function id(list, name, value) {
    const { items } = await call('GET', `/${list}?${new URLSearchParams({ [name]: value })}`)
    if (items.length !== 1) throw new Error(`${items.length} of ${list} have the ${name} ${value}`)
    return items[0].id
  }

  return {
    /** Takes a person out of a group. */
    async removeMember(group, username) {
      const ids = [await id('groups', 'name', group), await id('users', 'username', username)]
      await call('DELETE', `/groups/${ids[0]}/members/${ids[1]}`)
    },

    /** Gives an API a credential to introspect with, and answers it. */
    async credential(identifier) {
      const { secret } = await call('POST', `/apis/${await id('apis', 'identifier', identifier)}/credential`)
      return secret
    },

    /** Registers a client that acts for itself and may ask for these scopes of an API. */
    async machine(clientId, settings, identifier, scopes) {
      await call('POST', '/clients', {
        id: clientId,
        name: clientId,
        party: 'first',
        grant_types: ['client_credentials'],
        ...settings,
      })
      const api = await id('apis', 'identifier', identifier)
      await call('PUT', `/apis/${api}/clients/client:${clientId}/client`, { ceiling: { scopes } })
    },
  }
}
