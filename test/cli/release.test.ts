import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { headwaterHere, starterRepository } from '../core/authoring/headwater-here.ts'
import { copyStarterFleet, temporaryFolder } from '../e2e/controller-process.ts'
import { commitAll, git } from '../io/git/repositories.ts'

const head = 'workflows/user-lockout/workflow.yaml'

test('release: a dry run, the files, and a fleet that validates', async () => {
  using folder = temporaryFolder()
  copyStarterFleet(folder.path)
  const inFleet = ['--repo', folder.path]
  const read = (file: string): string => readFileSync(join(folder.path, file), 'utf8')

  const early = await headwaterHere(['release', 'user-lockout', ...inFleet])
  expect(early).toMatchObject({ code: 1, stdout: '' })
  expect(early.stderr).toContain('error wrong-value: nothing that runs has changed in user-lockout since release 1.1.0')

  const edited = read(head).replace('minutesSaved: 15', 'minutesSaved: 20 # measured again')
  writeFileSync(join(folder.path, head), edited)
  const small = await headwaterHere(['release', 'user-lockout', ...inFleet])
  expect(small.code).toBe(1)
  expect(small.stderr).toContain('has a release 1.1.0 already, and a release never changes')
  expect(small.stderr).toContain('use --version 1.1.1, or write it into the head')

  const dry = await headwaterHere(['release', 'user-lockout', '--version', '1.1.1', '--dry-run', ...inFleet])
  expect(dry.code).toBe(0)
  expect(dry.stdout).toContain('    -  version: 1.1.0\n    +  version: 1.1.1\n')
  expect(dry.stdout).toMatch(/nothing was written\n$/)
  expect(read(head)).toBe(edited)

  const done = await headwaterHere(['release', 'user-lockout', '--version', '1.1.1', '-o', 'json', ...inFleet])
  expect(done.code).toBe(0)
  const file = 'workflows/user-lockout/releases/1.1.1.yaml'
  expect(JSON.parse(done.stdout)).toMatchObject({
    summary: ['Release user-lockout 1.1.1', 'patch change after 1.1.0', 'changed: minutesSaved'],
    edits: [
      { file, change: 'added' },
      { file: head, change: 'changed' },
    ],
    written: 'files',
    next: [
      `headwater validate --repo ${folder.path}`,
      `headwater promote user-lockout canary 1.1.1 --repo ${folder.path}`,
    ],
  })
  const released = edited.replace('version: 1.1.0', 'version: 1.1.1')
  expect(read(head)).toBe(released)
  expect(read(file)).toBe(released.replace('$schema=../../', '$schema=../../../'))
  expect((await headwaterHere(['validate', ...inFleet])).code).toBe(0)
})

test('release --commit: the release alone, and only of a head that is committed', async () => {
  using folder = temporaryFolder()
  starterRepository(folder.path)
  const path = join(folder.path, head)
  writeFileSync(
    path,
    readFileSync(path, 'utf8')
      .replace('version: 1.1.0', 'version: 1.2.0')
      .replace('minutesSaved: 15', 'minutesSaved: 20'),
  )
  const run = ['release', 'user-lockout', '--commit', 'Twenty minutes', '--repo', folder.path]

  const dirty = await headwaterHere(run)
  expect(dirty.code).toBe(1)
  expect(dirty.stderr).toContain(`${head} holds changes that are not committed`)
  expect(git(folder.path, ['status', '--porcelain'])).toBe(` M ${head}`)

  commitAll(folder.path, 'the head')
  const done = await headwaterHere(run)
  expect(done).toMatchObject({ code: 0, stderr: '' })
  expect(done.stdout).toContain(`Next:\n  headwater validate --repo ${folder.path}\n`)
  expect(git(folder.path, ['show', '--stat', '--format=%an %s', 'HEAD'])).toMatch(
    /^Ada Twenty minutes\n\n workflows\/user-lockout\/releases\/1\.2\.0\.yaml \| \d+ \++\n/,
  )
  expect(git(folder.path, ['status', '--porcelain'])).toBe('')
})
