import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startController } from '../../controller/start-controller.ts'
import { startGitHttpServer } from '../fakes/git-http-server.ts'
import { copyStarterFleet, headwater, temporaryFolder } from './controller-process.ts'
import { sandboxOptions } from './sandbox-options.ts'

const token = 'a-token-of-the-git-server'

function git(folder: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(
    'git',
    ['-c', 'user.name=You', '-c', 'user.email=you@example.invalid', ...args],
    { cwd: folder, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

/** A bare repository behind git's own http-backend, and a checkout that pushes to it. */
function remoteFleet(folder: string): string {
  const work = join(folder, 'work')
  git(folder, 'init', '-qb', 'main', 'work')
  copyStarterFleet(work)
  git(work, 'add', '-A')
  git(work, 'commit', '-qm', 'The starter fleet')
  git(folder, 'clone', '-q', '--bare', work, 'fleet.git')
  git(work, 'remote', 'add', 'origin', join(folder, 'fleet.git'))
  return work
}

test('a fleet is followed over http with a token, and a pushed commit arrives', async () => {
  using folder = temporaryFolder()
  using state = temporaryFolder()
  const work = remoteFleet(folder.path)
  const server = await startGitHttpServer({ root: folder.path, token })
  const controller = await startController({
    ...sandboxOptions(`${server.url}/fleet.git`, state.path),
    revision: 'main',
    gitToken: token,
  })
  try {
    const first = await controller.reconcile()
    expect(first.revision.commit).toBe(git(work, 'rev-parse', 'HEAD'))
    expect(first.changes.count).toBe(23)

    const overlay = join(work, 'tenants/acme/north/contoso/overlays/phishing-response.yaml')
    writeFileSync(overlay, readFileSync(overlay, 'utf8').replace(/minutesSaved: \d+/, 'minutesSaved: 55'))
    git(work, 'commit', '-qam', 'Contoso saves more')
    git(work, 'push', '-q', 'origin', 'main')
    const second = await controller.reconcile()
    expect(second.changes.first.map((change) => change.path)).toEqual([
      'acme/north/contoso',
      'acme/north/contoso/plant',
      'acme/north/contoso/retail',
    ])

    git(work, 'commit', '-q', '--amend', '-m', 'History is rewritten')
    git(work, 'push', '-qf', 'origin', 'main')
    const third = await controller.reconcile()
    expect(third.revision.commit).toBe(second.revision.commit)
    expect(third.problems.first[0]?.message).toContain('does not descend from')

    server.answerWith((_, response) => response.writeHead(503).end())
    const fourth = await controller.reconcile()
    expect(fourth.revision.commit).toBe(second.revision.commit)
    expect(fourth.problems.first[0]?.code).toBe('fetch-failed')
  } finally {
    await controller.close()
    await server.close()
  }
}, 120_000)

test('without the token the command says what is wrong, and never what the token is', async () => {
  using folder = temporaryFolder()
  using state = temporaryFolder()
  remoteFleet(folder.path)
  const server = await startGitHttpServer({ root: folder.path, token })
  try {
    const { code, stdout, stderr } = await headwater(
      ['up', '--repo', `${server.url}/fleet.git`, '--sandbox', '--once', '--state', state.path],
      { HEADWATER_GIT_TOKEN: 'a-wrong-token' },
    )
    expect(code).toBe(3)
    expect(stderr).toContain('fetch-failed')
    expect(stdout + stderr).not.toContain('a-wrong-token')
  } finally {
    await server.close()
  }
}, 60_000)
