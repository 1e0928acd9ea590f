// Starts `chancery demo` on free ports with a temporary folder of its own, and stops it as a person
// would, with Ctrl-C. PROGRAM names the program.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const password = 'chancery-demo'
export const photos = 'https://photos.example/'
export const files = 'https://files.example/'

/** The demo's servers: the identity provider, then its neighbours on the next ports. */
const PORTS = 5
const START_MS = 30_000

export async function startDemo() {
  const program = process.env.PROGRAM
  if (!program) throw new Error('PROGRAM must name the chancery binary')
  const port = await freePorts(PORTS)
  const home = mkdtempSync(join(tmpdir(), 'chancery-e2e-'))
  const child = spawn(program, ['demo', '--port', String(port)], {
    env: { ...process.env, TMPDIR: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => (stdout += data))
  child.stderr.on('data', (data) => (stderr += data))
  const exited = once(child, 'exit')

  const issuer = `http://127.0.0.1:${port}`
  const receiver = `http://127.0.0.1:${port + 4}`
  try {
    await Promise.all([once(child.stdout, 'data'), ready(`${issuer}/readyz`, child)])
  } catch (error) {
    child.kill('SIGKILL')
    throw new Error(`the demo did not start: ${error.message}\n${stdout}\n${stderr}`)
  }
  return {
    issuer,
    photosServer: `http://127.0.0.1:${port + 1}/photos`,
    filesServer: `http://127.0.0.1:${port + 2}/files`,
    webClient: `http://127.0.0.1:${port + 3}`,
    receiver,
    /** Returns once the receiver has a stream that is known to work. */
    receives: () => ready(receiver, child, (page) => page.includes('came back')),
    /** What it printed so far. */
    printed: () => stdout,
    /** Ctrl-C. Answers its exit code and what it left in its temporary folder. */
    async stop() {
      child.kill('SIGINT')
      const [code, signal] = await exited
      const left = readdirSync(home)
      rmSync(home, { recursive: true })
      return { code, signal, left }
    },
  }
}

async function ready(url, child, is = () => true) {
  const end = Date.now() + START_MS
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`)
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok && is(await answer.text())) return
    if (Date.now() > end) throw new Error(`${url} answers ${answer?.status ?? 'nothing'}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The first of `count` ports in a row that nobody listens on. */
async function freePorts(count) {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000)
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(first + i)))
    if (free.every(Boolean)) return first
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** The redirect URI that demo-web has registered. */
export const webCallback = (demo) => `${demo.webClient}/callback`

/** A redirect URI of demo-cli and demo-third-party, at a port where nobody listens. */
export const cliCallback = 'http://127.0.0.1:49152/callback'
