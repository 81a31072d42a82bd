// The one entry of every npm script: installs what is missing, then starts the target on the pinned Node.
// Plain JavaScript without dependencies, because it runs before anything is installed, on any Node >= 18.
//
//   node scripts/run.mjs                           install only
//   node scripts/run.mjs FILE [ARG…]               run a file of this repository
//   node scripts/run.mjs --bin PACKAGE[:NAME] …    run a tool of node_modules
//   node scripts/run.mjs --env NAME=VALUE …        set a variable for the target (before FILE or --bin)
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stampFile = join(root, 'node_modules', '.headwater-stamp')
const lockDir = join(root, '.setup-lock')
const oldest = [24, 12]
const staleLockMs = 30_000

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function wantedStamp() {
  const hash = createHash('sha256')
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, name)))
  return hash.digest('hex')
}

function isInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wantedStamp()
}

async function install() {
  while (!isInstalled()) {
    try {
      mkdirSync(lockDir)
    } catch {
      // Somebody else installs. A lock nobody refreshed belonged to an install that was killed.
      const age = existsSync(lockDir) ? Date.now() - statSync(lockDir).mtimeMs : 0
      if (age > staleLockMs) rmSync(lockDir, { recursive: true, force: true })
      await sleep(300)
      continue
    }
    const refresh = setInterval(() => utimesSync(lockDir, new Date(), new Date()), 2_000)
    try {
      process.stderr.write('Installing dependencies (only when they changed) …\n')
      const code = await npmCi()
      if (code !== 0) {
        process.stderr.write(
          'headwater: npm ci failed, see above. Check the network and the npm registry, then run the command again.\n',
        )
        process.exit(3)
      }
      writeFileSync(stampFile, wantedStamp())
    } finally {
      clearInterval(refresh)
      rmSync(lockDir, { recursive: true, force: true })
    }
  }
}

function npmCi() {
  // Explicit --include: a user's NODE_ENV=production or omit=dev must not remove what `npm test` needs.
  const args = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const isWindows = process.platform === 'win32'
  const child = spawn(isWindows ? 'npm.cmd' : 'npm', args, { cwd: root, shell: isWindows, stdio: ['ignore', 2, 2] })
  return new Promise((resolve) => {
    child.on('error', () => resolve(1))
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number)
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
}

function findNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'bin/node'
  const pinned = join(
    root,
    'node_modules',
    `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
    name,
  )
  if (existsSync(pinned)) return pinned
  if (isNewEnough(process.version)) return process.execPath
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(dir, process.platform === 'win32' ? 'node.exe' : 'node')
    if (!existsSync(candidate)) continue
    const answer = spawnSync(candidate, ['--version'], { encoding: 'utf8' })
    if (answer.status === 0 && isNewEnough(answer.stdout.trim())) return candidate
  }
  process.stderr.write(
    `headwater: no Node ${oldest.join('.')} or newer for ${process.platform}-${process.arch}: install one and run the command again.\n`,
  )
  process.exit(3)
}

function binOf(spec) {
  const at = spec.lastIndexOf(':')
  const [name, wanted] = at > 0 ? [spec.slice(0, at), spec.slice(at + 1)] : [spec, undefined]
  const folder = join(root, 'node_modules', name)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = typeof bin === 'string' ? bin : bin[wanted ?? name.split('/').pop()]
  return join(folder, file)
}

/** Starts `args` on the pinned Node, hands signals on, and ends as it ended. */
function run(args, env) {
  const node = findNode()
  // A fleet is held for long: with the young generation's usual 64 MB times three, most of what a load needs at its peak
  // would be garbage that nobody has looked at yet. With much less, runs outlive it and are collected as if they stayed.
  const child = spawn(node, ['--max-semi-space-size=32', ...args], {
    stdio: 'inherit',
    // Types are stripped once a file, not once a start.
    env: {
      NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled'),
      ...process.env,
      ...env,
      PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`,
    },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
}

const args = process.argv.slice(2)
const env = {}
while (args[0] === '--env') {
  const [name, ...value] = args[1].split('=')
  env[name] = value.join('=')
  args.splice(0, 2)
}
await install()
if (args[0] === '--bin') {
  // Tools read their configuration from the folder they start in.
  process.chdir(root)
  run([binOf(args[1]), ...args.slice(2)], env)
} else if (args.length > 0) {
  run([join(root, args[0]), ...args.slice(1)], env)
}
