import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { overlay } from '../fakes/fleet-files.ts'
import { writeFiles } from '../io/git/repositories.ts'
import { mounted, neighbours, ownFiles, ownRepository } from '../reconcile/own-repository.ts'
import { ControllerProcess, headwater, temporaryFolder } from './controller-process.ts'

const north = 'acme/north'

test('a customer’s repository: first start, a pushed change, a dead remote, and commands without a controller', async () => {
  using folder = temporaryFolder()
  const own = await ownRepository(ownFiles(north, overlay(north, 'note', '1.0.0', 'minutesSaved: 5')))
  writeFiles(folder.path, { ...neighbours, ...mounted(north, own.url) })
  const repo = ['--repo', folder.path]

  const before = await headwater(['validate', ...repo])
  expect([before.code, before.stdout]).toEqual([1, expect.stringContaining('source-missing')])
  expect(before.stdout).toContain('run `headwater up` once')
  expect(before.stdout).toContain(`tenants/${north}/tenant.yaml:6:`)

  const once = await headwater(['up', '--sandbox', '--once', ...repo, '-o', 'json'])
  expect(once.code).toBe(0)
  expect(JSON.parse(once.stdout)).toMatchObject({ tenants: 3, changes: 3, frozen: [], problems: [] })

  const commit = own.push({})
  const tenants = async () => JSON.parse((await headwater(['tenants', ...repo, '-o', 'json'])).stdout)
  const [, first] = await tenants()
  expect(first).toMatchObject({ path: north, state: 'valid', source: { url: own.url, ref: 'main', state: 'mirrored' } })
  expect(first.source.commit).not.toBe(commit)
  const explained = await headwater(['explain', north, 'note', ...repo])
  expect(explained.stdout).toContain(`files from ${own.url}, main at ${first.source.commit.slice(0, 12)}, mirrored`)
  expect(explained.stdout).toContain(`set by    tenants/${north}/overlays/note.yaml:`)
  const table = await headwater(['tenants', ...repo])
  expect(table.stdout).toContain('own repository')
  expect((await headwater(['render', north, 'note', ...repo])).stdout).toContain('minutesSaved: 5')
  expect((await headwater(['validate', ...repo])).code).toBe(0)

  await using controller = new ControllerProcess(['up', '--sandbox', '--port', '0', ...repo])
  await controller.printed(/listening/)
  await expect.poll(async () => (await tenants())[1].source.commit, { timeout: 20_000 }).toBe(commit)
  const api = await controller.printed(/API +(\S+)/)
  const token = readFileSync(join(folder.path, '.headwater/token'), 'utf8').trim()
  const answer = await fetch(`${api[1]}/v1/tenants`, { headers: { authorization: `Bearer ${token}` } })
  const { tenants: listed } = (await answer.json()) as { tenants: { path: string; source?: object }[] }
  expect(listed.map(({ path, source }) => [path, source])).toEqual([
    ['acme', undefined],
    [north, { url: own.url, ref: 'main', path: '', commit, state: 'current' }],
    ['acme/south', undefined],
  ])
  await controller.kill('SIGTERM')

  const clone = await headwater(['clone', 'note', north, ...repo])
  expect([clone.code, clone.stderr]).toEqual([1, expect.stringContaining(`of ${north} stands in ${own.url}`)])
  const drawn = await headwater(['clone', 'note', north, '--dry-run', ...repo])
  expect([drawn.code, drawn.stdout]).toEqual([0, expect.stringContaining('nothing was written')])

  own.server.answerWith((_, response) => void response.writeHead(503).end())
  const dead = await headwater(['up', '--sandbox', '--once', ...repo, '-o', 'json'])
  expect(JSON.parse(dead.stdout)).toMatchObject({ changes: 0, frozen: [], problems: [{ code: 'source-behind' }] })

  rmSync(join(folder.path, '.headwater/sources'), { recursive: true })
  const lost = await headwater(['up', '--sandbox', '--once', ...repo, '-o', 'json'])
  expect(JSON.parse(lost.stdout)).toMatchObject({ changes: 0, frozen: [north], problems: [{ code: 'source-missing' }] })
}, 120_000)
