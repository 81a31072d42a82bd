// Times what docs/decisions/0004-local-pull-requests.md quotes, beside what one flushed file costs in the same run:
//   node scripts/run.mjs test/io/git/forge/measure.ts [COUNT] [none]
import { execFileSync } from 'node:child_process'
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLocalForge, type Proposal } from '../../../../controller/io/git/forge/index.ts'

const count = Number(process.argv[2] ?? 1_000)
const isWithoutGit = process.argv[3] === 'none'
const folder = mkdtempSync(join(tmpdir(), 'headwater-forge-'))
const root = join(folder, 'fleet.git')
const git = (args: readonly string[], input = ''): string =>
  execFileSync('git', [...args], {
    cwd: root,
    input,
    maxBuffer: 1 << 30,
    stdio: ['pipe', 'pipe', 'inherit'],
  }).toString()

function pathOf(i: number): string {
  return `tenants/msp${i % 20}/region${i % 7}/t${i}/overlays/baseline.yaml`
}

function proposals(version: string, from: number, to: number): Proposal[] {
  return Array.from({ length: to - from }, (_, offset) => {
    const i = from + offset
    return {
      key: `upgrade/t${i}`,
      branch: `headwater/upgrade/t${i}`,
      base: 'main',
      title: `baseline ${version} for t${i}`,
      body: 'A table of what changes.\n'.repeat(40),
      labels: ['upgrade'],
      files: new Map([[pathOf(i), `base: ${version}\npatch: {}\n`]]),
      author: { name: 'Desk', email: 'desk@example.com' },
      at: 1_767_400_000_000,
    }
  })
}

async function time(what: string, each: number, act: () => Promise<unknown>): Promise<void> {
  const started = performance.now()
  const cpu = process.cpuUsage()
  await act()
  const ms = performance.now() - started
  const { user, system } = process.cpuUsage(cpu)
  console.log(
    `${what.padEnd(46)} ${ms.toFixed(0).padStart(8)} ms ${(ms / each).toFixed(2).padStart(8)} ms each, cpu ${((user + system) / 1000 / each).toFixed(2)}`,
  )
}

try {
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', root])
  const lines = ['commit refs/heads/main', 'committer Test <test@example.com> 1767225600 +0000', 'data 5', 'first']
  const text = 'base: 1.0.0\npatch: {}\n'
  for (let i = 0; i < 10_000; i++) lines.push(`M 100644 inline ${pathOf(i)}`, `data ${text.length}`, text)
  git(['fast-import', '--quiet'], `${lines.join('\n')}\n`)

  await time('one flushed file of 300 bytes', 50, async () => {
    for (let i = 0; i < 50; i++) {
      const file = openSync(join(folder, `probe${i}`), 'w')
      writeSync(file, 'x'.repeat(300))
      fsyncSync(file)
      closeSync(file)
    }
  })
  const forge = await openLocalForge({ path: root, now: () => 0, ...(isWithoutGit && { git: null }) })
  const few = Math.min(count, 1_000)
  for (let from = 0; from < few; from += few / 4)
    await time(`propose, one by one, ${from} to ${from + few / 4}`, few / 4, async () => {
      for (const proposal of proposals('1.1.0', from, from + few / 4)) await forge.propose(proposal)
    })
  await time('propose again, one by one', few, async () => {
    for (const proposal of proposals('1.1.0', 0, few)) await forge.propose(proposal)
  })
  const many = proposals('1.1.0', few, few + count)
  await time('proposeMany, new', count, () => forge.proposeMany(many))
  await time('proposeMany, again', count, () => forge.proposeMany(many))
  await time('proposeMany, other contents', count, () => forge.proposeMany(proposals('1.2.0', few, few + count)))
  await time('one more among them', 1, () =>
    forge.propose(proposals('1.1.0', few + count, few + count + 1)[0] as Proposal),
  )
  await time('list', few + count, () => forge.list())
  await time('list again', few + count, () => forge.list({ state: 'open' }))
  await time('show', 1, () => forge.show(few))
  await time('merge', 1, () => forge.merge(few, { name: 'Ada', email: 'ada@example.com' }))
  await forge.stop()
  console.log(git(['count-objects', '-v']).replaceAll('\n', '  '))
  console.log(`fsck: ${JSON.stringify(git(['fsck', '--no-dangling', '--strict']))}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
