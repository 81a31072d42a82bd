import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { write } from '../../controller/cli/apply-edits.ts'
import { headwaterHere, starterRepository } from '../core/authoring/headwater-here.ts'
import { copyStarterFleet, headwater, temporaryFolder } from '../e2e/controller-process.ts'
import { git } from '../io/git/repositories.ts'

const file = 'workflows/phishing-response/channels.yaml'

test('promote: one line of a file', async () => {
  using folder = temporaryFolder()
  copyStarterFleet(folder.path)
  const before = readFileSync(join(folder.path, file), 'utf8')
  const { code, stdout } = await headwater(['promote', 'phishing-response', 'stable', '2.0.0', '--repo', folder.path])
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /^Promote phishing-response stable: 1\.1\.0 → 2\.0\.0\n {2}\d+ tenants on this channel\n~ workflows/,
  )
  expect(readFileSync(join(folder.path, file), 'utf8')).toBe(before.replace('stable: 1.1.0', 'stable: 2.0.0'))

  const again = await headwaterHere([
    'promote',
    'phishing-response',
    'stable',
    '2.0.0',
    '-o',
    'json',
    '--repo',
    folder.path,
  ])
  expect(again.code).toBe(1)
  expect(JSON.parse(again.stdout)).toMatchObject({
    error: { code: 'wrong-value', message: 'stable of phishing-response points to 2.0.0 already' },
  })
})

test('promote --pull-request: from what is committed, and the files here stay as they are', async () => {
  using folder = temporaryFolder()
  starterRepository(folder.path)
  const text = readFileSync(join(folder.path, file), 'utf8')
  writeFileSync(join(folder.path, file), `${text}# mine, not finished\n`)
  const run = ['promote', 'phishing-response', 'stable', '2.0.0', '--pull-request', '--repo', folder.path]

  const opened = await headwaterHere(run)
  expect(opened.code).toBe(0)
  expect(opened.stdout).toContain('pull request #1 opened: headwater/promote-phishing-response-stable into main')
  expect(opened.stdout).toContain(
    `headwater plan --from main --to headwater/promote-phishing-response-stable --repo ${folder.path}`,
  )
  const proposed = git(folder.path, ['show', `headwater/promote-phishing-response-stable:${file}`])
  expect(`${proposed}\n`).toBe(text.replace('stable: 1.1.0', 'stable: 2.0.0'))
  expect(readFileSync(join(folder.path, file), 'utf8')).toBe(`${text}# mine, not finished\n`)
  expect(git(folder.path, ['log', '--format=%s', 'main'])).toBe('change')

  expect((await headwaterHere(run)).stdout).toContain('pull request #1 unchanged')
  const plan = await headwaterHere([
    'plan',
    '--from',
    'main',
    '--to',
    'headwater/promote-phishing-response-stable',
    '--repo',
    folder.path,
  ])
  expect(plan.stdout).toContain('phishing-response')
})

test('promote in a bare repository: as a pull request only', async () => {
  using folder = temporaryFolder()
  const [checkout, bare] = [join(folder.path, 'checkout'), join(folder.path, 'bare')]
  mkdirSync(checkout)
  starterRepository(checkout)
  git(folder.path, ['clone', '-q', '--bare', 'checkout', 'bare'])
  git(bare, ['config', 'user.name', 'Ada'])
  git(bare, ['config', 'user.email', 'ada@example.com'])
  const run = ['promote', 'phishing-response', 'stable', '2.0.0', '--repo', bare]
  const refused = await headwaterHere(run)
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('is a bare repository') })
  expect(existsSync(join(bare, 'workflows'))).toBe(false)
  expect((await headwaterHere([...run, '--pull-request'])).stdout).toContain('pull request #1 opened')
})

test('promote --commit --pull-request: one of the two', async () => {
  const { code, stderr } = await headwaterHere(['promote', 'x', 'stable', '1.0.0', '--commit', '--pull-request'])
  expect(code).toBe(2)
  expect(stderr).toContain('`--commit` and `--pull-request` exclude each other')
})

test.each<[string, string, string | null, string | RegExp]>([
  ['changed since it was read', 'here.yaml', 'as it was', 'here.yaml is not as it was read'],
  ['come into being since', 'here.yaml', null, 'here.yaml is not as it was read'],
  ['gone since', 'gone.yaml', 'as it was', 'gone.yaml is not as it was read'],
  ['below a link', 'link/x.yaml', null, 'link/x.yaml is not as it was read'],
  ['outside the fleet', '../x.yaml', null, /cannot be written/],
])('a file %s is not written, and neither are the others', (_, file, before, expected) => {
  using folder = temporaryFolder()
  const root = join(folder.path, 'fleet')
  mkdirSync(root)
  writeFileSync(join(root, 'here.yaml'), 'somebody else')
  symlinkSync(folder.path, join(root, 'link'))
  const edits = new Map([
    ['new/other.yaml', 'other'],
    [file, 'mine'],
  ])
  expect(() => write(root, edits, new Map([[file, before]]))).toThrow(expected)
  expect(existsSync(join(root, 'new'))).toBe(false)
  expect(existsSync(join(folder.path, 'x.yaml'))).toBe(false)
  expect(readFileSync(join(root, 'here.yaml'), 'utf8')).toBe('somebody else')
})

test('files are written with the folders they need, and removed', () => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'old.yaml'), 'old')
  write(
    folder.path,
    new Map([
      ['a/b/new.yaml', 'new'],
      ['old.yaml', null],
    ]),
    new Map([['old.yaml', 'old']]),
  )
  expect(readFileSync(join(folder.path, 'a/b/new.yaml'), 'utf8')).toBe('new')
  expect(existsSync(join(folder.path, 'old.yaml'))).toBe(false)
})
