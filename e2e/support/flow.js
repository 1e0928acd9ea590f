// A whole authorization code flow at one call, for tests about the tokens.
import { standInFor, walk } from './browser.js'
import { cliCallback } from './demo.js'
import { authorization, discover } from './oauth.js'

/**
 * `username` signs in at a native client of the demo, each time in a new browser unless `page` is
 * given. Answers the client's configuration, the request, the address the browser came back to,
 * and that page.
 */
export async function signInAt(demo, browser, clientId, username, parameters, { page, consent } = {}) {
  const config = await discover(demo.issuer, clientId)
  if (!page) {
    page = await browser.newPage()
    await standInFor(cliCallback, page)
  }
  const request = await authorization(config, cliCallback, parameters)
  const callback = new URL(await walk(page, request.url, cliCallback, { username, consent }))
  return { config, request, callback, page }
}

/** The same, and the code redeemed; `extra` goes to the token endpoint. */
export async function tokensAt(demo, browser, clientId, username, parameters, { extra, ...options } = {}) {
  const flow = await signInAt(demo, browser, clientId, username, parameters, options)
  return { ...flow, tokens: await flow.request.redeem(flow.callback, extra) }
}
