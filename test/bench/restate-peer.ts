import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Figure, median, type Report } from './harness.ts'
import { installPeer } from './install-peer.ts'

/** The versions that were measured; they are installed into a temporary folder and are no dependency. */
const packages = ['@restatedev/restate-server@1.7.12', '@restatedev/restate-sdk@1.17.2']
const inFlight = 64
const warmUpMs = 2_000
const measureMs = 8_000

/** The same five steps on Restate, on this machine and right after ours were measured. */
export async function benchRestate(throughput: readonly Report[]): Promise<Report> {
  const found = await measureRestate()
  if ('skipped' in found) console.log(`\nruns, Restate: skipped, ${found.skipped}`)
  const rates = throughput[0]?.figures.find(({ name, unit }) => name === 'runs' && unit === '/s')?.samples ?? []
  const theirs: Figure[] = 'skipped' in found ? [] : [{ name: 'Restate', unit: '/s', samples: [found.runsPerSecond] }]
  const [restate] = theirs
  const ours: Figure = { name: 'runs here', unit: '/s', samples: [median(rates)] }
  const times: Figure[] = restate
    ? [
        {
          name: 'runs here for one there',
          unit: '',
          samples: [median(rates) / median(restate.samples)],
          goal: { least: 4 },
        },
      ]
    : []
  return {
    benchmark: 'runs, Restate',
    parameters: { 'in flight': inFlight, seconds: measureMs / 1_000, versions: packages.join(' ') },
    counts: {},
    figures: [...theirs, ours, ...times],
  }
}

/** Runs a second of a five-step workflow on Restate, 64 at a time; or why it cannot be measured here. */
async function measureRestate(): Promise<{ readonly runsPerSecond: number } | { readonly skipped: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-restate-'))
  const children: ChildProcess[] = []
  try {
    if (!installPeer(folder, packages)) return { skipped: 'Restate cannot be installed from npm here' }
    const service = join(folder, 'steps.mjs')
    copyFileSync(join(import.meta.dirname, 'restate-steps.mjs'), service)
    const [ingress = 0, admin = 0, fabric = 0, own = 0] = await freePorts(4)
    children.push(spawn(process.execPath, [service, String(own)], { stdio: 'ignore', detached: true }))
    const server = spawn(join(folder, 'node_modules/.bin/restate-server'), ['--no-logo'], {
      cwd: folder,
      stdio: 'ignore',
      // What npm installs is a script that starts the server: a group of its own ends with both.
      detached: true,
      env: {
        ...process.env,
        RESTATE_BASE_DIR: join(folder, 'data'),
        RESTATE_LISTEN_MODE: 'tcp',
        RESTATE_BIND_ADDRESS: `127.0.0.1:${fabric}`,
        RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
        RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
        RESTATE_DISABLE_TELEMETRY: 'true',
      },
    })
    children.push(server)
    await patiently(() => post(admin, '/deployments', { uri: `http://127.0.0.1:${own}` }))
    await patiently(() => post(ingress, '/bench/five', {}))
    await callsWithin(ingress, warmUpMs)
    const calls = await callsWithin(ingress, measureMs)
    return { runsPerSecond: (calls * 1000) / measureMs }
  } finally {
    for (const { pid } of children) if (pid !== undefined) process.kill(-pid, 'SIGKILL')
    await sleep(200)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: inFlight })

async function callsWithin(port: number, ms: number): Promise<number> {
  const end = performance.now() + ms
  let calls = 0
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      await post(port, '/bench/five', {})
      calls++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, caller))
  return calls
}

function post(port: number, path: string, body: unknown): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const headers = { 'content-type': 'application/json' }
  const sent = request({ port, host: '127.0.0.1', path, method: 'POST', headers, agent }, (response) => {
    response.resume()
    response.on('end', () => {
      const { statusCode = 0 } = response
      if (statusCode < 300) resolve()
      else reject(new Error(`Restate answered ${statusCode} to ${path}`))
    })
  })
  sent.on('error', reject)
  sent.end(JSON.stringify(body))
  return promise
}

async function patiently(task: () => Promise<void>): Promise<void> {
  for (let left = 150; ; left--) {
    try {
      return await task()
    } catch (cause) {
      if (left === 0) throw cause
      await sleep(200)
    }
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  const ports = await Promise.all(
    servers.map(async (server) => {
      if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
      return (server.address() as AddressInfo).port
    }),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
