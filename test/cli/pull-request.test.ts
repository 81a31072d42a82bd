import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pullRequestCommands } from '../../controller/cli/commands/pull-request.ts'
import { runProgram } from '../../controller/cli/program.ts'
import { readConfig } from '../../controller/config.ts'
import { openLocalForge } from '../../controller/io/git/forge/index.ts'
import { forgeFleet, proposalOf } from '../conformance/forge.ts'
import { git, newRepository } from '../io/git/repositories.ts'

async function fleet(): Promise<string> {
  const root = newRepository(forgeFleet)
  git(root, ['config', 'user.name', 'Ada'])
  git(root, ['config', 'user.email', 'ada@example.com'])
  const forge = await openLocalForge({ path: root, now: () => 0 })
  await forge.propose(proposalOf({ title: 'phishing 1.1.0 \u202e' }))
  await forge.stop()
  return root
}

async function run(root: string, line: string): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' }
  const streams = {
    stdout: { write: (text: string) => (written.out += text) },
    stderr: { write: (text: string) => (written.err += text) },
    hasColor: false,
  }
  const code = await runProgram(pullRequestCommands, line.split(' '), { ...readConfig(), folder: root }, streams)
  return { code, ...written }
}

describe('pr', () => {
  test('list shows what is open, newest first, and nothing that steers the terminal', async () => {
    const root = await fleet()
    const { code, out, err } = await run(root, 'pr list')
    expect(code).toBe(0)
    expect(out).toContain('#1')
    expect(out).toContain('phishing 1.1.0 \\u202e')
    expect(err).toBe('1 open pull request\n')
    const json = JSON.parse((await run(root, 'pr list --state all -o json')).out)
    expect(json.pullRequests).toMatchObject([
      { number: 1, state: 'open', branch: proposalOf().branch, labels: ['upgrade'] },
    ])
    expect(JSON.parse((await run(root, 'pr list --state merged -o json')).out)).toEqual({ pullRequests: [] })
  })

  test('show prints text, commits and files', async () => {
    const root = await fleet()
    const { code, out } = await run(root, 'pr show 1')
    expect(code).toBe(0)
    expect(out).toContain('Two steps change.')
    expect(out).toContain('changed  tenants/acme/contoso/overlays/phishing.yaml')
    const json = JSON.parse((await run(root, 'pr show #1 -o json')).out)
    expect(json.files).toEqual([
      { path: 'tenants/acme/contoso/overlays/phishing.yaml', before: 'base: 1.0.0\n', after: 'base: 1.1.0\n' },
    ])
  })

  test('merge brings it into the branch that is checked out, with its files, in the name of the person', async () => {
    const root = await fleet()
    const { code, out } = await run(root, 'pr merge 1 -o json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({ number: 1, kind: 'merged', commit: git(root, ['rev-parse', 'main']) })
    expect(git(root, ['status', '--porcelain'])).toBe('')
    expect(git(root, ['show', 'HEAD:tenants/acme/contoso/overlays/phishing.yaml'])).toBe('base: 1.1.0')
    expect(git(root, ['log', '-1', '--format=%an', 'refs/headwater/pulls'])).toBe('Ada')
    expect(await run(root, 'pr close 1')).toMatchObject({ code: 1, out: 'refused #1 is merged.\n' })
  })

  test('close turns it down', async () => {
    const root = await fleet()
    expect(await run(root, 'pr close 1 --comment later')).toMatchObject({ code: 0, out: 'closed #1\n' })
    expect((await run(root, 'pr list')).err).toBe('0 open pull requests\n')
    expect(await run(root, 'pr merge 1')).toMatchObject({ code: 1, out: 'refused #1 is closed.\n' })
    expect((await run(root, 'pr show 1')).out).toContain('later')
  })

  test('wrong use is 2, what is not there 1, no repository 3', async () => {
    const root = await fleet()
    expect((await run(root, 'pr show x')).code).toBe(2)
    expect((await run(root, 'pr list --state half')).code).toBe(2)
    expect((await run(root, 'pr show 7')).code).toBe(1)
    expect((await run(root, 'pr merge 7')).code).toBe(1)
    expect((await run(root, `pr list --repo ${join('/', 'nothing', 'there')}`)).code).toBe(3)
  })
})
