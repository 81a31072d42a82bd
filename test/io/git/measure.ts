// Times what docs/decisions/0002-git-per-operation.md quotes, each beside a limit measured in the same run:
//   node scripts/run.mjs test/io/git/measure.ts [TENANTS] [REPEATS]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fs from 'node:fs'
import * as isomorphic from 'isomorphic-git'
import {
  CommitSource,
  findGit,
  openRenderedBranch,
  openRepository,
  WorkTreeSource,
} from '../../../controller/io/git/index.ts'

const tenants = Number(process.argv[2] ?? 10_000)
const repeats = Number(process.argv[3] ?? 3)
const folder = mkdtempSync(join(tmpdir(), 'headwater-measure-'))
const rows: [string, number, number][] = []

function git(args: readonly string[], input: string | Buffer = ''): Buffer {
  const { status, stdout, stderr } = spawnSync('git', [...args], { cwd: folder, input, maxBuffer: 1 << 30 })
  if (status !== 0) throw new Error(stderr.toString())
  return stdout
}

async function time(name: string, times: number, act: (round: number) => unknown): Promise<void> {
  const spent: number[] = []
  for (let i = 0; i < times; i++) {
    const started = performance.now()
    await act(i)
    spent.push(performance.now() - started)
  }
  spent.sort((a, b) => a - b)
  rows.push([name, spent[0] ?? 0, spent[Math.floor(spent.length / 2)] ?? 0])
  console.log(
    `${name.padEnd(64)} ${spent[0]?.toFixed(1).padStart(9)} ${spent[Math.floor(spent.length / 2)]?.toFixed(1).padStart(9)}`,
  )
}

const tenantText = (i: number): string =>
  `kind: Tenant\nmetadata:\n  name: c${i}\n${'  note: a line of a usual length\n'.repeat(20)}`
const pathOf = (i: number): string => `tenants/r${i % 8}/p${i % Math.ceil(tenants / 50)}/c${i}`

function importFleet(): void {
  const lines = ['commit refs/heads/main', 'committer T <t@example.com> 1767225600 +0000', 'data 1', 'x']
  const add = (path: string, text: string): void =>
    void lines.push(`M 100644 inline ${path}`, `data ${text.length}`, text)
  for (let i = 0; i < tenants; i++) {
    add(`${pathOf(i)}/tenant.yaml`, tenantText(i))
    if (i % 5 < 4) add(`${pathOf(i)}/overlays/o.yaml`, `kind: Overlay\nn: ${i}\n${'  note: a line\n'.repeat(20)}`)
  }
  git(['fast-import', '--quiet'], `${lines.join('\n')}\n`)
}

function editOne(round: number): void {
  const text = `kind: Tenant # ${round}\n`
  const lines = [
    'commit refs/heads/main',
    'committer T <t@example.com> 1767225600 +0000',
    'data 1',
    'x',
    'from refs/heads/main^0',
  ]
  lines.push(`M 100644 inline ${pathOf(round * 7)}/tenant.yaml`, `data ${text.length}`, text)
  git(['fast-import', '--quiet'], `${lines.join('\n')}\n`)
}

console.log(`${tenants} tenants, ${repeats} rounds; milliseconds`.padEnd(64), '  minimum    median')
git(['init', '-q', '-b', 'main'])
importFleet()
const binary = await findGit()

await time('limit: ls-tree -r -z -l + cat-file --batch --buffer', repeats, () => {
  const listing = git(['ls-tree', '-r', '-z', '-l', 'main']).toString().split('\0').filter(Boolean)
  git(['cat-file', '--batch', '--buffer'], `${listing.map((line) => line.slice(12, 52)).join('\n')}\n`)
})
await time('limit: ls-tree -r -z -l alone', repeats, () => git(['ls-tree', '-r', '-z', '-l', 'main']))
await time('limit: one git process (diff-tree -r main~0 main)', 5, () => git(['diff-tree', '-r', 'main', 'main']))

for (const [name, options] of [
  ['git binary', {}],
  ['isomorphic-git', { git: null }],
] as const) {
  const times = name === 'git binary' ? repeats : 1
  await time(`${name}: cold snapshot`, times, async () => {
    const { reader } = await openRepository(folder, options)
    await new CommitSource({ reader, revision: 'main' }).snapshot()
    await reader.close()
  })
  await time(`${name}: cold snapshot and all contents`, times, async () => {
    const { reader } = await openRepository(folder, options)
    const { files } = await new CommitSource({ reader, revision: 'main' }).snapshot()
    await reader.readBlobs([...files.values()].map(({ oid }) => oid))
    await reader.close()
  })
  const { reader } = await openRepository(folder, options)
  const source = new CommitSource({ reader, revision: 'main' })
  await source.snapshot()
  await time(`${name}: snapshot, nothing new`, 20, () => source.snapshot())
  const spent: number[] = []
  for (let i = 1; i <= 10; i++) {
    editOne(i)
    const started = performance.now()
    await source.snapshot()
    spent.push(performance.now() - started)
  }
  spent.sort((a, b) => a - b)
  console.log(
    `${`${name}: snapshot after one edit`.padEnd(64)} ${spent[0]?.toFixed(1).padStart(9)} ${spent[5]?.toFixed(1).padStart(9)}`,
  )
  await reader.close()
}

git(['checkout', '-q', '-f', 'main'])
await time('work tree: cold snapshot', repeats, () => new WorkTreeSource({ root: folder }).snapshot())
const repository = await openRepository(folder)
const workTree = new WorkTreeSource({ root: folder, repository })
await time('work tree with HEAD: first, then unchanged', 5, () => workTree.snapshot())
await repository.reader.close()

const author = { name: 'T', email: 't@example.com', at: new Date(0) }
for (const [name, options] of [
  ['with git', {}],
  ['without git', { git: null }],
] as const) {
  const gitdir = join(folder, `${name.replace(' ', '-')}.git`)
  const branch = await openRenderedBranch({ gitdir, ref: 'refs/heads/rendered', ...options })
  const many = new Map(Array.from({ length: tenants }, (_, i) => [`${pathOf(i)}/w.yaml`, tenantText(i)]))
  await time(`rendered branch ${name}: all files`, 1, () => branch.commitFiles({ files: many, message: 'all', author }))
  await time(`rendered branch ${name}: one file`, 10, (i) =>
    branch.commitFiles({ files: new Map([[`${pathOf(i * 3)}/w.yaml`, `x: ${i}\n`]]), message: 'one', author }),
  )
  await time(`rendered branch ${name}: all files, no change`, 1, () =>
    branch.commitFiles({ files: new Map([...many].slice(40)), message: 'all', author }),
  )
  await branch.close()
}

const target = join(folder, 'compare.git')
git(['init', '-q', '--bare', target])
const importInto = (name: string, paths: readonly string[], from: string): void => {
  const lines = [
    `commit refs/heads/${name}`,
    'committer T <t@example.com> 0 +0000',
    'data 1',
    'x',
    ...(from === '' ? [] : [`from ${from}`]),
  ]
  paths.forEach((path, i) => lines.push(`M 100644 inline ${path}`, `data ${tenantText(i).length}`, tenantText(i)))
  git(['-C', target, 'fast-import', '--quiet'], `${lines.join('\n')}\n`)
}
await time('fast-import: all files', 1, () =>
  importInto(
    'f',
    Array.from({ length: tenants }, (_, i) => `${pathOf(i)}/w.yaml`),
    '',
  ),
)
await time('fast-import: one file', 10, (i) => importInto('f', [`${pathOf(i * 3 + 1)}/w.yaml`], 'refs/heads/f^0'))
const cache = {}
await time('isomorphic-git writeBlob: 1,000 files', 1, async () => {
  for (let i = 0; i < 1_000; i++)
    await isomorphic.writeBlob({ fs, gitdir: target, blob: Buffer.from(`${i} ${tenantText(i)}`) })
})
await time('isomorphic-git writeBlob, writeTree, commit: one file', 10, async (i) => {
  const blob = await isomorphic.writeBlob({ fs, gitdir: target, blob: Buffer.from(`one ${i}`) })
  const head = await isomorphic.resolveRef({ fs, gitdir: target, ref: 'refs/heads/f' })
  const parts = pathOf(i).split('/')
  const { tree, oid } = await isomorphic.readTree({ fs, gitdir: target, cache, oid: head })
  const chain = [{ tree, oid }]
  for (const part of parts) {
    const next = chain.at(-1)?.tree.find(({ path }) => path === part)?.oid ?? ''
    chain.push(await isomorphic.readTree({ fs, gitdir: target, cache, oid: next }))
  }
  let child = { mode: '100644', path: 'w.yaml', oid: blob, type: 'blob' as 'blob' | 'tree' }
  for (let level = chain.length - 1; level >= 0; level--) {
    const rest = (chain[level]?.tree ?? []).filter(({ path }) => path !== child.path)
    const written = await isomorphic.writeTree({ fs, gitdir: target, tree: [...rest, child] })
    child = { mode: '040000', path: parts[level - 1] ?? '', oid: written, type: 'tree' }
  }
  const who = { name: 'T', email: 't@example.com', timestamp: 0, timezoneOffset: 0 }
  await isomorphic.commit({
    fs,
    gitdir: target,
    ref: 'refs/heads/f',
    message: 'x',
    tree: child.oid,
    parent: [head],
    author: who,
  })
})
console.log(
  `git ${binary?.version.join('.')}, node ${process.version}, ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB at the end`,
)
rmSync(folder, { recursive: true, force: true })
