import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DesiredState } from '../../controller/core/desired/index.ts'
import { openFleet } from '../../controller/io/git/index.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { createFleetLoader } from '../../controller/reconcile/load-fleet.ts'
import { digestsOf, renderDigestsOf } from '../fakes/fleet-answers.ts'
import { starterFleet } from '../fakes/starter-fleet.ts'
import { git, newFolder } from '../io/git/repositories.ts'
import { createDice, edits, FleetDraft } from './desired-edits.ts'

const commits = process.env['HEADWATER_LANE'] === 'soak' ? 500 : 50
const seed = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 2_147_483_647)
console.log(`revert property: seed ${seed}, ${commits} commits (HEADWATER_SEED=${seed} repeats them)`)

/** Every digest there is, as text: equal texts, equal states to the byte. */
function fingerprint(state: DesiredState): string {
  const contexts = [...state.tenants.values()].map((tenant) =>
    tenant.kind === 'valid' ? tenant.contextDigest : tenant.cause.code,
  )
  return JSON.stringify([digestsOf(state), renderDigestsOf(state), contexts], null, 1)
}

/** A history of edits, one a commit, in the format of `git fast-import`: two processes for each commit would take a minute. */
function writeHistory(root: string): void {
  const fleet = new FleetDraft(starterFleet())
  const dice = createDice(seed)
  const stream: string[] = []
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`
  let before: ReadonlyMap<string, string> = new Map()
  const commit = (message: string): boolean => {
    const changed = [...fleet.files].filter(([path, text]) => before.get(path) !== text)
    const gone = [...before.keys()].filter((path) => !fleet.files.has(path))
    if (changed.length + gone.length === 0) return false
    stream.push(`commit refs/heads/main\ncommitter Test <test@example.com> 1767225600 +0000\n${data(message)}`)
    for (const [path, text] of changed) stream.push(`M 100644 inline ${path}\n${data(text)}`)
    for (const path of gone) stream.push(`D ${path}\n`)
    before = new Map(fleet.files)
    return true
  }
  commit('the starter fleet')
  for (let made = 0; made < commits; ) if (commit(`${made + 1}: ${dice.pick(edits)(fleet, dice)}`)) made++
  git(root, ['fast-import', '--quiet'], stream.join(''))
  git(root, ['reset', '-q', '--hard'])
}

test('git revert restores every digest, whatever the commit did', { timeout: commits * 4_000 }, async () => {
  const root = newFolder()
  git(root, ['init', '-q', '-b', 'main'])
  writeHistory(root)
  // The way back: each commit is reverted while its own state is the one that holds.
  git(root, ['-c', 'maintenance.auto=false', 'revert', '--no-edit', `HEAD~${commits}..HEAD`])
  const log = git(root, ['log', '--reverse', '--format=%H %s']).split('\n')
  expect(log).toHaveLength(1 + 2 * commits)

  // One loader looks at one commit after the other, as a controller does that follows a branch.
  const follow = (line: number): void =>
    writeFileSync(join(root, '.git/refs/heads/followed'), `${log[line]?.slice(0, 40)}\n`)
  follow(0)
  const source = await openFleet({ path: root, revision: 'followed' })
  const load = createFleetLoader(source, checkWorkflowSpec, () => 0)
  const seen: string[] = []
  for (let line = 0; line < log.length; line++) {
    follow(line)
    seen.push(fingerprint((await load()).desired))
    const reverted = 2 * commits - line
    if (line > commits)
      expect(seen[line], `seed ${seed}: reverting ${log[reverted + 1]} does not restore what was`).toBe(seen[reverted])
  }
  await source.close()

  // A history that changes nothing would prove nothing.
  const effective = seen.slice(1, commits + 1).filter((text, at) => text !== seen[at]).length
  const frozen = seen.slice(1, commits + 1).filter((text) => text.includes('"frozen"')).length
  console.log(
    `revert property: ${effective} of ${commits} commits changed a digest, after ${frozen} somebody was frozen`,
  )
  // Where an early edit freezes everybody, later ones change nothing: only a history without any effect would prove nothing.
  expect(effective).toBeGreaterThan(0)
})
