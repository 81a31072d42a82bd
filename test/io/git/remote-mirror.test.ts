import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  findGit,
  openRemoteMirror,
  type RemoteMirror,
  type RemoteMirrorOptions,
} from '../../../controller/io/git/index.ts'
import { type GitHttpServer, startGitHttpServer } from '../../fakes/git-http-server.ts'
import {
  commitAll,
  commitTree,
  git,
  newFolder,
  newRepository,
  smallFleet,
  writeBlob,
  writeFiles,
  writeTree,
} from './repositories.ts'

const token = 'hw-secret-token-1234567890'
const transports = [
  ['the git binary', {}],
  ['isomorphic-git', { git: null }],
] as const

interface Remote {
  readonly server: GitHttpServer
  readonly root: string
  readonly work: string
  readonly url: string
  push(files?: Record<string, string>, ...options: string[]): string
}

async function startRemote(): Promise<Remote> {
  const root = newFolder()
  const work = newRepository(smallFleet)
  git(root, ['clone', '-q', '--bare', work, 'fleet.git'])
  const server = await startGitHttpServer({ root, token })
  onTestFinished(() => server.close())
  const push = (
    files: Record<string, string> = { 'tenants/new/tenant.yaml': 'kind: Tenant\n' },
    ...options: string[]
  ): string => {
    writeFiles(work, files)
    const commit = commitAll(work)
    git(work, ['push', '-q', ...options, join(root, 'fleet.git'), 'main'])
    return commit
  }
  return { server, root, work, url: `${server.url}/fleet.git`, push }
}

async function fetchedOnce() {
  const remote = await startRemote()
  const gitdir = join(newFolder(), 'm.git')
  const mirror = await openRemoteMirror({ url: remote.url, ref: 'main', gitdir, token })
  onTestFinished(() => mirror.close())
  await mirror.fetch()
  return { remote, gitdir, mirror }
}

describe.each(transports)('a mirror fetched by %s', (_, choice) => {
  let remote: Remote
  let gitdir: string

  beforeEach(async () => {
    remote = await startRemote()
    gitdir = join(newFolder(), 'mirror.git')
  })

  async function open(options: Partial<RemoteMirrorOptions> = {}): Promise<RemoteMirror> {
    const mirror = await openRemoteMirror({ url: remote.url, ref: 'main', gitdir, token, ...choice, ...options })
    onTestFinished(() => mirror.close())
    return mirror
  }

  test('fetches once, then asks only, then fetches what is new', async () => {
    const mirror = await open()
    const first = git(remote.work, ['rev-parse', 'HEAD'])
    expect(await mirror.fetch()).toEqual({ kind: 'updated', from: null, commit: first })
    const fetches = (): number => remote.server.requests.filter(({ method }) => method === 'POST').length
    const before = remote.server.requests.length
    expect(await mirror.fetch()).toEqual({ kind: 'unchanged', commit: first })
    expect(remote.server.requests.length - before).toBeLessThanOrEqual(3)
    const second = remote.push()
    expect(await mirror.fetch()).toEqual({ kind: 'updated', from: first, commit: second })
    expect(fetches()).toBeGreaterThan(0)
    git(gitdir, ['fsck', '--strict'])
  })

  test('is a fleet source that follows the fetches', async () => {
    const mirror = await open()
    await mirror.fetch()
    const source = mirror.source()
    const before = await source.snapshot()
    const hinted = Promise.withResolvers<void>()
    const stop = await source.watch(() => hinted.resolve(), { pollMs: 60_000 })
    const commit = remote.push()
    await mirror.fetch()
    await hinted.promise
    await stop()
    const after = await source.snapshot()
    expect(after.revision.commit).toBe(commit)
    expect(after.files.size).toBe(before.files.size + 1)
  })

  test('does not follow a rewritten history until exactly that commit is approved', async () => {
    const mirror = await open()
    await mirror.fetch()
    const first = git(remote.work, ['rev-parse', 'HEAD'])
    git(remote.work, ['update-ref', '-d', 'refs/heads/main'])
    const offered = remote.push({ 'tenants/evil/tenant.yaml': 'kind: Tenant\n' }, '--force')
    const rewritten = { kind: 'rewritten', commit: first, offered, problem: { code: 'fetch-failed' } }
    expect(await mirror.fetch()).toMatchObject(rewritten)
    expect(await mirror.fetch()).toMatchObject(rewritten)
    expect((await mirror.reader.resolve(mirror.ref))?.commit).toBe(first)
    expect(await mirror.activate(first)).toMatchObject(rewritten)
    expect(await mirror.activate(offered)).toEqual({ kind: 'updated', from: first, commit: offered })
    expect((await mirror.source().snapshot()).revision.commit).toBe(offered)
  })

  test('a branch that stepped back is a rewritten history', async () => {
    const mirror = await open()
    const first = git(remote.work, ['rev-parse', 'HEAD'])
    const second = remote.push()
    await mirror.fetch()
    git(join(remote.root, 'fleet.git'), ['update-ref', 'refs/heads/main', first])
    expect(await mirror.fetch()).toMatchObject({ kind: 'rewritten', commit: second, offered: first })
  })

  test('follows HEAD and an annotated tag', async () => {
    const head = git(remote.work, ['rev-parse', 'HEAD'])
    git(join(remote.root, 'fleet.git'), ['tag', '-a', 'v1', '-m', 'one'])
    for (const ref of ['HEAD', 'refs/tags/v1']) {
      const mirror = await open({ ref, gitdir: join(newFolder(), 'm.git') })
      expect(await mirror.fetch()).toEqual({ kind: 'updated', from: null, commit: head })
      expect(await mirror.fetch()).toEqual({ kind: 'unchanged', commit: head })
    }
  })

  test('a wrong token, a wrong branch and a wrong repository are told apart', async () => {
    const failure = async (options: Partial<RemoteMirrorOptions>): Promise<unknown> =>
      await (await open(options)).fetch().catch((error: unknown) => error)
    expect(await failure({ token: 'wrong-token' })).toMatchObject({
      code: 'fetch-failed',
      message: expect.stringContaining('credentials'),
    })
    expect(await failure({ token: undefined })).toMatchObject({
      code: 'fetch-failed',
      message: expect.stringContaining('credentials'),
    })
    expect(await failure({ ref: 'nothing' })).toMatchObject({
      code: 'fetch-failed',
      message: expect.stringContaining('no such branch'),
    })
    expect(await failure({ url: `${remote.server.url}/nothing.git` })).toMatchObject({
      code: 'fetch-failed',
      message: expect.stringContaining('no such repository'),
    })
  })

  test('no error holds the token, and neither does the mirror', async () => {
    const wrong = 'wrong-token-0987654321'
    const error = await (await open({ token: wrong })).fetch().catch((thrown: unknown) => thrown)
    for (const secret of [wrong, Buffer.from(`x-access-token:${wrong}`).toString('base64')])
      expect(everythingIn(error)).not.toContain(secret)
    await (await open()).fetch()
    for (const name of ['config', 'FETCH_HEAD']) {
      if (existsSync(join(gitdir, name))) expect(readFileSync(join(gitdir, name), 'utf8')).not.toContain(token)
    }
  })

  test('does not follow a redirect, and sends nobody else the token', async () => {
    const other = await startGitHttpServer({ root: remote.root })
    onTestFinished(() => other.close())
    remote.server.answerWith(
      (request, response) => void response.writeHead(302, { location: `${other.url}${request.url}` }).end(),
    )
    const error = await (await open()).fetch().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'fetch-failed', message: expect.stringContaining('redirect') })
    expect(other.requests).toEqual([])
  })

  test('gives up at the deadline', async () => {
    remote.server.answerWith(() => {})
    const started = performance.now()
    await expect((await open({ deadlineMs: 1_200 })).fetch()).rejects.toMatchObject({
      code: 'fetch-failed',
      message: expect.stringContaining('in time'),
    })
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  test('waits longer than five seconds for a silent server', async () => {
    remote.server.answerWith((request, response) => {
      setTimeout(() => {
        remote.server.answerWith(null)
        response.writeHead(500).end(request.url)
      }, 6_000)
    })
    const started = performance.now()
    await expect((await open()).fetch()).rejects.toMatchObject({ code: 'fetch-failed' })
    expect(performance.now() - started).toBeGreaterThan(5_900)
  })

  test('fetches asked for at the same time run one after another', async () => {
    const mirror = await open()
    const outcomes = await Promise.all([mirror.fetch(), mirror.fetch(), mirror.fetch()])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['updated', 'unchanged', 'unchanged'])
  })
})

describe('a mirror', () => {
  test.each([
    'http://example.com/fleet.git',
    'ssh://git@example.com/fleet.git',
    'git@example.com:fleet.git',
    'file:///srv/fleet.git',
    'ext::sh -c touch% x',
    'https://user:hunter2@example.com/fleet.git',
    'https://example.com/fleet.git?token=hunter2',
    '--upload-pack=touch',
  ])('refuses the URL %s without repeating it', async (url) => {
    const error = await openRemoteMirror({ url, ref: 'main', gitdir: join(newFolder(), 'm.git') }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'fetch-failed' })
    expect(everythingIn(error)).not.toContain('hunter2')
  })

  test.each(['--upload-pack=x', 'a..b', 'refs/heads/a b', 'refs/heads/.a', 'refs/heads/a.lock', 'a:b', 'refs/heads/*'])(
    'refuses the ref %s',
    async (ref) => {
      const gitdir = join(newFolder(), 'm.git')
      const refused = openRemoteMirror({ url: 'https://example.com/f.git', ref, gitdir })
      await expect(refused).rejects.toMatchObject({ code: 'unknown-revision' })
    },
  )

  test('the token is in no argument list while git runs', async () => {
    const remote = await startRemote()
    const seen: string[] = []
    remote.server.answerWith((_request, response) => {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
          seen.push(readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' '))
        } catch {
          // The process ended meanwhile.
        }
      }
      response.writeHead(500).end()
    })
    const mirror = await openRemoteMirror({ url: remote.url, ref: 'main', gitdir: join(newFolder(), 'm.git'), token })
    onTestFinished(() => mirror.close())
    await expect(mirror.fetch()).rejects.toMatchObject({ code: 'fetch-failed' })
    expect(remote.server.requests[0]?.authorization).toContain(
      Buffer.from(`x-access-token:${token}`).toString('base64'),
    )
    expect(seen.some((line) => line.includes(' fetch ') && line.includes(remote.url))).toBe(true)
    for (const secret of [token, Buffer.from(`x-access-token:${token}`).toString('base64')])
      expect(seen.filter((line) => line.includes(secret))).toEqual([])
  })

  test('objects that are not in order do not get in, and what was left over is cleaned up', async () => {
    const remote = await startRemote()
    const gitdir = join(newFolder(), 'm.git')
    const options = { url: remote.url, ref: 'main', gitdir, token }
    const mirror = await openRemoteMirror(options)
    onTestFinished(() => mirror.close())
    await mirror.fetch()
    const before = git(gitdir, ['rev-parse', 'main'])
    const bare = join(remote.root, 'fleet.git')
    const blob = writeBlob(bare, 'x')
    const commit = commitTree(bare, writeTree(bare, [{ mode: '100644', name: '.git', oid: blob }]), 'refs/heads/main')
    await expect(mirror.fetch()).rejects.toMatchObject({
      code: 'fetch-failed',
      message: expect.stringContaining('not in order'),
    })
    expect(git(gitdir, ['rev-parse', 'main'])).toBe(before)
    expect(await mirror.reader.resolve(commit)).toBeNull()
    expect(readdirSync(gitdir).filter((name) => name.startsWith('quarantine-'))).toEqual([])
  })

  test('that lost its commit takes no other history for its continuation', async () => {
    if ((await findGit()) === null) return
    const { remote, gitdir, mirror } = await fetchedOnce()
    const before = git(gitdir, ['rev-parse', 'main'])
    for (const name of readdirSync(join(gitdir, 'objects/pack'))) rmSync(join(gitdir, 'objects/pack', name))
    git(remote.work, ['update-ref', '-d', 'refs/heads/main'])
    remote.push({ 'tenants/evil/tenant.yaml': 'kind: Tenant\n' }, '--force')
    await expect(mirror.fetch()).rejects.toMatchObject({ code: 'fetch-failed' })
    expect(git(gitdir, ['rev-parse', 'main'])).toBe(before)
  })

  test('a program in the mirror folder is never run', async () => {
    if ((await findGit()) === null) return
    const { remote, gitdir, mirror } = await fetchedOnce()
    const mark = join(gitdir, 'ran')
    for (const hook of ['reference-transaction', 'post-fetch', 'pre-auto-gc']) {
      writeFiles(gitdir, { [`hooks/${hook}`]: '' })
      writeFileSync(join(gitdir, 'hooks', hook), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 })
    }
    remote.push()
    await mirror.fetch()
    expect(existsSync(mark)).toBe(false)
  })
})

function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error)
  return `${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause === undefined ? '' : everythingIn(error.cause)}`
}
