import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { headwaterHere } from '../core/authoring/headwater-here.ts'
import { temporaryFolder } from '../e2e/controller-process.ts'

const base = `apiVersion: headwater.dev/v1
kind: Workflow
metadata: { name: phish }
spec:
  version: 1.0.0
  title: Phishing
  minutesSaved: 10
  steps:
    - { id: first, set: { text: one } }
`
const ours = base.replace('minutesSaved: 10', 'minutesSaved: 20 # agreed')
const theirs = base.replace('1.0.0', '1.1.0').replace('one', 'un')

test('merge: the text on success, the conflicts and exit code 1 otherwise', async () => {
  using folder = temporaryFolder()
  const sides = (third: string): string[] =>
    Object.entries({ base, ours, theirs: third }).flatMap(([side, text]) => {
      const file = join(folder.path, `${side}.yaml`)
      writeFileSync(file, text)
      return [`--${side}`, file]
    })

  const clean = await headwaterHere(['merge', ...sides(theirs)])
  expect(clean).toEqual({ code: 0, stderr: '', stdout: ours.replace('1.0.0', '1.1.0').replace('one', 'un') })

  const files = sides(theirs.replace('minutesSaved: 10', 'minutesSaved: 30'))
  const conflicted = await headwaterHere(['merge', ...files])
  expect(conflicted).toMatchObject({
    code: 1,
    stdout: 'edit/edit /spec/minutesSaved\n  base    10\n  ours    20\n  theirs  30\n',
    stderr: '1 conflict: decide all with --take ours or --take theirs, or edit ours\n',
  })
  const json = await headwaterHere(['merge', ...files, '-o', 'json'])
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({
    kind: 'conflicted',
    conflicts: [{ path: '/spec/minutesSaved', type: 'edit/edit', base: 10, ours: 20, theirs: 30 }],
  })
  const taken = await headwaterHere(['merge', ...files, '--take', 'theirs', '--kind', 'Workflow'])
  expect(taken).toMatchObject({ code: 0, stdout: expect.stringContaining('minutesSaved: 30 # agreed') })

  const broken = await headwaterHere(['merge', ...sides('kind: [')])
  expect(broken.code).toBe(1)
  expect(broken.stderr).toContain('theirs.yaml:1:7: ')
})

test.each([
  [[], 2, '--base is missing'],
  [['--kind', 'Workflo', '--base', 'a', '--ours', 'a', '--theirs', 'a'], 3, 'cannot be read'],
])('merge %s is wrong use', async (args, code, message) => {
  const answer = await headwaterHere(['merge', ...args])
  expect(answer.code).toBe(code)
  expect(answer.stderr).toContain(message)
})
