import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { type Files, writeFiles } from '../../fakes/write-files.ts'

export { type Files, writeFiles }

const env = {
  PATH: process.env.PATH ?? '',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
}

/** A temporary folder that is removed after the test. */
export function newFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'headwater-git-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Runs git and answers its output without the last line end. */
export function git(cwd: string, args: readonly string[], input: string | Uint8Array = ''): string {
  return execFileSync('git', [...args], { cwd, env, input, stdio: ['pipe', 'pipe', 'pipe'] })
    .toString()
    .replace(/\n$/, '')
}

export function commitAll(root: string, message = 'change'): string {
  git(root, ['add', '-A'])
  git(root, ['commit', '-q', '--allow-empty', '-m', message])
  return git(root, ['rev-parse', 'HEAD'])
}

export function newRepository(files: Files = {}): string {
  const root = newFolder()
  git(root, ['init', '-q', '-b', 'main'])
  writeFiles(root, files)
  commitAll(root, 'first')
  return root
}

export const smallFleet: Files = {
  'README.md': 'not part of the fleet',
  'tenants/acme/tenant.yaml': 'kind: Tenant\n',
  'tenants/acme/notes.md': 'ignored',
  'tenants/acme/north/tenant.yaml': 'kind: Tenant # north\n',
  'tenants/acme-b/tenant.yaml': 'kind: Tenant # sorts around acme/\n',
  'tenants/acme.yaml': 'x: 1\n',
  'workflows/phish/workflow.yaml': 'kind: Workflow\n',
  'workflows/phish/releases/1.0.0.yml': 'kind: Workflow\n',
  'policies/roles/admin.yaml': 'kind: Role\n',
  'connectors/actions/block.yaml': 'kind: Action\n',
}

export interface TreeRow {
  readonly mode: string
  readonly name: string | Uint8Array
  readonly oid: string
}

/** Writes a tree object as it is, however wrong: the porcelain would refuse most of these. */
export function writeTree(root: string, rows: readonly TreeRow[]): string {
  const parts = rows.flatMap(({ mode, name, oid }) => [
    Buffer.from(`${mode} `),
    Buffer.from(name),
    Buffer.from([0]),
    Buffer.from(oid, 'hex'),
  ])
  return writeObject(root, 'tree', Buffer.concat(parts))
}

// By hand: git refuses some of these objects, and one child for each would make the tests slow.
function writeObject(root: string, type: string, contents: Buffer): string {
  const whole = Buffer.concat([Buffer.from(`${type} ${contents.length}\0`), contents])
  const oid = createHash('sha1').update(whole).digest('hex')
  const objects = existsSync(join(root, 'objects')) ? join(root, 'objects') : join(root, '.git/objects')
  const path = join(objects, oid.slice(0, 2), oid.slice(2))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, deflateSync(whole))
  return oid
}

export function writeBlob(root: string, contents: string | Uint8Array): string {
  return writeObject(root, 'blob', Buffer.from(contents))
}

export function commitTree(root: string, tree: string, ref = 'refs/heads/hostile'): string {
  const commit = git(root, ['commit-tree', tree, '-m', 'plumbing'])
  git(root, ['update-ref', ref, commit])
  return commit
}

/** Commits these files onto main, without the work tree: one child for thousands of files. */
export function importFiles(root: string, files: Readonly<Record<string, string>>): void {
  const lines = ['commit refs/heads/main', 'committer Test <test@example.com> 1767225600 +0000', 'data 6', 'import']
  lines.push('from refs/heads/main^0')
  for (const [path, text] of Object.entries(files))
    lines.push(`M 100644 inline ${path}`, `data ${Buffer.byteLength(text)}`, text)
  git(root, ['fast-import', '--quiet'], `${lines.join('\n')}\n`)
}
