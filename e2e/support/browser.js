// A person at Chromium. Fields and buttons are found by the words that people read.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import axe from 'axe-core'
import { chromium } from 'playwright-core'
import { password } from './demo.js'

const OUT = new URL('../out/', import.meta.url).pathname

/** Debian's Chromium, or the one that CHROMIUM names. */
export function openBrowser() {
  mkdirSync(OUT, { recursive: true })
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Root, as in a container, has no sandbox.
    chromiumSandbox: process.getuid() !== 0,
  })
}

/** Fills in the sign-in page and goes on to what follows it. */
export async function signIn(page, username, secret = password) {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(secret)
  await press(page, 'Sign in')
}

/** Presses a button and waits for the page that it leads to. */
export async function press(page, name) {
  await Promise.all([
    page.waitForEvent('framenavigated'),
    page.getByRole('button', { name, exact: true }).click(),
  ])
  await page.waitForLoadState()
}

/** Makes `page` catch whatever is sent to `redirectUri`, so that the client itself never sees the code. */
export async function standInFor(redirectUri, page) {
  const devtools = await page.context().newCDPSession(page)
  // Unlike page.route, this sees redirects too.
  await devtools.send('Fetch.enable', { patterns: [{ urlPattern: `${redirectUri}*` }] })
  devtools.on('Fetch.requestPaused', ({ requestId }) =>
    devtools.send('Fetch.fulfillRequest', {
      requestId,
      responseCode: 200,
      responseHeaders: [{ name: 'content-type', value: 'text/html' }],
      body: Buffer.from('<!doctype html><title>Back at the client</title>').toString('base64'),
    }),
  )
}

/**
 * Takes an authorization request through sign-in and consent until the browser is back at
 * `redirectUri`, and answers the address it came back to. `consent` decides on the consent page,
 * `otherwise` does what any other page wants.
 */
export async function walk(page, url, redirectUri, { username, consent = allow, otherwise = stuck } = {}) {
  await page.goto(url.href)
  while (!page.url().startsWith(redirectUri)) {
    if (await page.getByLabel('Username').isVisible()) await signIn(page, username)
    else if (await page.getByRole('button', { name: 'Allow', exact: true }).isVisible()) await consent(page)
    else await otherwise(page)
  }
  return page.url()
}

/** Allows everything that is asked for. */
export const allow = (page) => press(page, 'Allow')

async function stuck(page) {
  assert.fail(`stuck at ${page.url()}:\n${await page.innerText('body')}`)
}

/** What pages are looked at with. */
export const looks = {
  desk: {},
  dark: { colorScheme: 'dark' },
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
}

/** Takes a picture of the page, has axe look at it, and sees that nothing sticks out of the screen. */
export async function inspect(page, name) {
  await page.screenshot({ path: `${OUT}${name}.png`, fullPage: true })
  const [wide, room] = await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')
  assert.ok(wide <= room, `${name} is wider than the screen`)
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate('axe.run()')
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((node) => node.target)})`)
  assert.deepEqual(found, [], `axe on ${name} at ${page.url()}`)
}
