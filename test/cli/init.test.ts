import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { init } from '../../controller/cli/commands/init.ts'
import { validate } from '../../controller/cli/commands/validate.ts'
import { runProgram } from '../../controller/cli/program.ts'
import type { Workflow, WorkflowTest } from '../../controller/core/model/generated/kinds.ts'
import { parseDocument } from '../../controller/core/model/parse-document.ts'
import { simulate } from '../../controller/core/run/simulate.ts'

function newFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'headwater-init-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function headwater(folder: string, ...argv: string[]) {
  let [stdout, stderr] = ['', '']
  const streams = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    hasColor: false,
  }
  const config = { isTerminal: false, hasColor: false, columns: 100, folder, logLevel: 'warn' } as const
  const surroundings = {
    ...config,
    gitToken: undefined,
    apiUrl: undefined,
    tokenFile: undefined,
    ageKeyFile: undefined,
  }
  const code = await runProgram([init, validate], argv, surroundings, streams)
  return { code, stdout, stderr }
}

const git = (folder: string, ...args: string[]): string => execFileSync('git', args, { cwd: folder, encoding: 'utf8' })

test.each([
  { name: 'the small fleet', argv: [], tenants: 2, first: 'provider/customer-one' },
  { name: 'a generated fleet', argv: ['--generate', '120', '--seed', '3'], tenants: 120, first: 'north' },
])('$name validates clean, from the folder and from its commit', async ({ argv, tenants, first }) => {
  const folder = newFolder()
  const made = await headwater(folder, 'init', 'new/fleet', ...argv)
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(made.stdout).toContain('headwater validate --repo new/fleet\n')
  expect(made.stdout).toContain(`headwater render ${first} --repo new/fleet\n`)
  const repo = join(folder, 'new/fleet')
  for (const ref of [[], ['--ref', 'main']]) {
    const { code, stdout } = await headwater(repo, 'validate', '-o', 'json', ...ref)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ tenants, problems: [], frozen: [] })
  }
})

test('git finds a clean work tree on main, and nothing broken', async () => {
  const folder = newFolder()
  await headwater(folder, 'init')
  expect(git(folder, 'status', '--porcelain', '--branch')).toBe('## main\n')
  expect(git(folder, 'fsck', '--strict')).toBe('')
  expect(git(folder, 'log', '--format=%s')).toBe('A new fleet\n')
  writeFileSync(join(folder, 'README.md'), 'edited\n')
  expect(git(folder, 'status', '--porcelain')).toBe(' M README.md\n')
})

test('the workflow of the small fleet passes its own test', async () => {
  const folder = newFolder()
  await headwater(folder, 'init')
  const read = (kind: 'Workflow' | 'WorkflowTest', file: string) => {
    const verdict = parseDocument({ file, bytes: readFileSync(join(folder, 'workflows/suspicious-host', file)) })
    if (verdict.kind !== 'parsed' || verdict.resource.kind !== kind) throw new Error(`${file} is no ${kind}`)
    return verdict.resource.spec
  }
  const workflow = read('Workflow', 'workflow.yaml') as Workflow['spec']
  const spec = read('WorkflowTest', 'tests/ordinary-host.yaml') as WorkflowTest['spec']
  expect(simulate({ workflow, test: spec }).mismatches).toEqual([])
})

test('the same seed gives the same commit tree, and another seed another one', async () => {
  const folder = newFolder()
  for (const [name, seed] of [
    ['a', '5'],
    ['b', '5'],
    ['c', '6'],
  ] as const)
    await headwater(folder, 'init', name, '--generate', '30', '--seed', seed)
  const [a, b, c] = ['a', 'b', 'c'].map((name) => git(join(folder, name), 'rev-parse', 'HEAD^{tree}'))
  expect(a).toBe(b)
  expect(a).not.toBe(c)
})

test('a folder that is not empty is refused and left as it is', async () => {
  const folder = newFolder()
  writeFileSync(join(folder, 'notes.txt'), 'mine')
  const { code, stderr } = await headwater(folder, 'init')
  expect(code).toBe(3)
  expect(stderr).toContain('is not empty')
  expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine')
})

test.each([
  [['--generate', '0']],
  [['--generate', 'many']],
  [['--generate', '100001']],
  [['--generate', '1e3']],
  [['--seed', '4']],
  [['--generate', '5', '--seed', '-1']],
])('wrong use: %j', async (argv) => {
  expect((await headwater(newFolder(), 'init', 'fleet', ...argv)).code).toBe(2)
})
