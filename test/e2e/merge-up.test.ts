import { expect, test } from 'vitest'
import { channels, overlay, release, share, tenant } from '../fakes/fleet-files.ts'
import { commitAll, git, newRepository, writeFiles } from '../io/git/repositories.ts'
import { headwater, temporaryFolder } from './controller-process.ts'

/** The controller itself, once after each release: what it proposes, and that it leaves the branch of the fleet alone. */
const phish = (version: string, hours: number) => ({
  ...release('phish', version, `steps: [{ id: find, set: { hours: ${hours} } }, { id: tell, set: { text: found } }]`),
  ...channels('phish', `{ stable: ${version} }`),
})
const hours = (owner: string) => overlay(owner, 'phish', '1.0.0', 'steps: [{ id: find, set: { hours: 72 } }]')
const files = {
  ...tenant('acme'),
  ...tenant('acme/auto'),
  ...tenant('acme/free'),
  ...tenant('acme/review', 'updates: review\npins: { phish: 1.0.0 }'),
  ...tenant('acme/pinned', 'updates: pinned'),
  ...share('all', 'phish'),
  ...phish('1.0.0', 24),
  ...hours('acme/auto'),
  ...hours('acme/pinned'),
}

test('up --ref main --pull-requests --once opens, then edits, and changes nothing the third time', {
  timeout: 180_000,
}, async () => {
  using state = temporaryFolder()
  const root = newRepository(files)
  const up = async (): Promise<void> => {
    const { code, stdout, stderr } = await headwater(
      ['up', '--repo', root, '--ref', 'main', '--pull-requests', '--once', '--state', state.path],
      { HEADWATER_LOG: 'error' },
    )
    expect(code, stdout + stderr).toBe(0)
  }
  const open = async (): Promise<string[]> => {
    const { stdout } = await headwater(['pr', 'list', '-o', 'json', '--repo', root])
    return JSON.parse(stdout)
      .pullRequests.map(({ number, title }: { number: number; title: string }) => `#${number} ${title}`)
      .sort()
  }

  writeFiles(root, phish('2.0.0', 48))
  commitAll(root, 'release 2.0.0')
  const main = git(root, ['rev-parse', 'main'])
  await up()
  expect(await open()).toEqual([
    '#1 Upgrade phish to 2.0.0 for acme/auto: 1 conflict to decide',
    '#2 Upgrade phish to 2.0.0 for acme/review',
  ])
  expect(git(root, ['rev-parse', 'main'])).toBe(main)
  expect(git(root, ['status', '--porcelain'])).toBe('')

  writeFiles(root, phish('2.1.0', 36))
  commitAll(root, 'release 2.1.0')
  await up()
  expect(await open()).toEqual([
    '#1 Upgrade phish to 2.1.0 for acme/auto: 1 conflict to decide',
    '#2 Upgrade phish to 2.1.0 for acme/review',
  ])

  const before = git(root, ['for-each-ref'])
  await up()
  expect(git(root, ['for-each-ref'])).toBe(before)
})
