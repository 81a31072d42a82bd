import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

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

export type Files = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>

export function writeFiles(root: string, files: Files): void {
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    if (typeof contents === 'object' && 'link' in contents) symlinkSync(contents.link, join(root, path))
    else writeFileSync(join(root, path), contents)
  }
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
  return git(root, ['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'], Buffer.concat(parts))
}

export function writeBlob(root: string, contents: string | Uint8Array): string {
  return git(root, ['hash-object', '-w', '--stdin'], contents)
}

export function commitTree(root: string, tree: string, ref = 'refs/heads/hostile'): string {
  const commit = git(root, ['commit-tree', tree, '-m', 'plumbing'])
  git(root, ['update-ref', ref, commit])
  return commit
}
