import { describe, expect, test } from 'vitest'
import { ada, proposalOf } from '../../../conformance/forge.ts'
import { git } from '../repositories.ts'
import { openedLocally } from './local-forges.ts'

const ledger = 'refs/headwater/pulls'
const overlay = 'tenants/acme/contoso/overlays/phishing.yaml'
const next = proposalOf({ files: new Map([[overlay, 'base: 1.2.0\n']]) })

// What a process leaves behind that dies after the branch moved and before the ledger knew.
describe('a crash between branch and ledger', () => {
  test('of the first proposal: the next one takes the branch over', async () => {
    const { forge, root } = await openedLocally({ isBare: true })
    await forge.propose(proposalOf())
    git(root, ['update-ref', '-d', ledger])
    expect(await forge.propose(next)).toMatchObject({ kind: 'opened', pullRequest: { number: 1, branch: next.branch } })
  })

  test('of an update: the branch does not count as edited by a person', async () => {
    const { forge, root } = await openedLocally({ isBare: true })
    await forge.propose(proposalOf())
    const before = git(root, ['rev-parse', ledger])
    await forge.propose(next)
    git(root, ['update-ref', ledger, before])
    expect(await forge.list()).toMatchObject([{ isEditedByPerson: false }])
    expect((await forge.propose(next)).kind).toBe('updated')
    expect((await forge.propose(next)).kind).toBe('unchanged')
  })

  test('of a merge: it is merged once', async () => {
    const { forge, root } = await openedLocally({ isBare: true })
    await forge.propose(proposalOf())
    const [before, head] = [git(root, ['rev-parse', ledger]), git(root, ['rev-parse', proposalOf().branch])]
    const merged = await forge.merge(1, ada)
    git(root, ['update-ref', ledger, before])
    git(root, ['update-ref', `refs/heads/${proposalOf().branch}`, head])
    expect(await forge.merge(1, ada)).toEqual(merged)
    expect(git(root, ['rev-list', '--count', 'main'])).toBe('2')
  })
})

describe('what people do with git', () => {
  test('an amended commit of ours is theirs', async () => {
    const { forge, root } = await openedLocally({ isBare: false })
    await forge.propose(proposalOf())
    git(root, ['checkout', '-q', proposalOf().branch])
    git(root, ['commit', '-q', '--amend', '--no-edit', '--allow-empty'])
    git(root, ['checkout', '-q', 'main'])
    expect(await forge.propose(next)).toMatchObject({ kind: 'left-alone', reason: 'edited' })
  })

  test('a rebased branch shows its own files and merges', async () => {
    const { forge, root, push } = await openedLocally({ isBare: false })
    await forge.propose(proposalOf())
    await push('main', { 'README.md': 'about\n' })
    git(root, ['checkout', '-q', proposalOf().branch])
    git(root, ['rebase', '-q', 'main'])
    git(root, ['checkout', '-q', 'main'])
    const shown = await forge.show(1)
    expect(shown?.files.map(({ path }) => path)).toEqual([overlay])
    expect(shown?.commits).toHaveLength(1)
    await push('main', { 'README.md': 'about it\n' })
    expect((await forge.merge(1, ada)).kind).toBe('merged')
  })

  test('a branch merged by git counts as merged', async () => {
    const { forge, root } = await openedLocally({ isBare: false })
    await forge.propose(proposalOf())
    git(root, ['merge', '-q', '--no-ff', '-m', 'by hand', proposalOf().branch])
    expect(await forge.propose(proposalOf())).toMatchObject({
      kind: 'nothing-to-do',
      pullRequest: { number: 1, state: 'merged' },
    })
  })

  test('a branch merged and deleted by git as well', async () => {
    const { forge, root } = await openedLocally({ isBare: false })
    await forge.propose(proposalOf())
    git(root, ['merge', '-q', proposalOf().branch])
    git(root, ['branch', '-d', proposalOf().branch])
    expect(await forge.list()).toMatchObject([{ number: 1, state: 'merged' }])
    expect((await forge.merge(1, ada)).kind).toBe('merged')
    expect(await forge.propose(next)).toMatchObject({ kind: 'opened', pullRequest: { number: 2 } })
    expect((await forge.list()).map(({ state }) => state)).toEqual(['open', 'merged'])
  })

  test('a deleted branch closes its pull request', async () => {
    const { forge, root } = await openedLocally({ isBare: true })
    await forge.propose(proposalOf())
    git(root, ['branch', '-D', proposalOf().branch])
    expect(await forge.list()).toMatchObject([{ number: 1, state: 'closed' }])
    expect(await forge.propose(next)).toMatchObject({ kind: 'opened', pullRequest: { number: 2 } })
    expect((await forge.list()).map(({ state }) => state)).toEqual(['open', 'closed'])
  })

  test('packed refs and collected garbage change nothing', async () => {
    const { forge, root } = await openedLocally({ isBare: true })
    const many = Array.from({ length: 20 }, (_, i) => proposalOf({ key: `k${i}`, branch: `headwater/k${i}` }))
    await forge.proposeMany(many)
    await forge.propose(proposalOf())
    git(root, ['tag', '-a', 'v1', '-m', 'one'])
    git(root, ['pack-refs', '--all'])
    git(root, ['gc', '-q', '--prune=now'])
    expect(new Set((await forge.proposeMany(many)).map(({ kind }) => kind))).toEqual(new Set(['unchanged']))
    expect((await forge.propose(next)).kind).toBe('updated')
    expect((await forge.merge(1, ada)).kind).toBe('merged')
    expect(git(root, ['for-each-ref', 'refs/heads/headwater/k0'])).toBe('')
    expect(git(root, ['rev-parse', 'v1^{commit}'])).toBe(git(root, ['rev-parse', 'main~1']))
  })

  test('a branch `headwater` leaves no room below it: said, not looped over', async () => {
    const { forge, root } = await openedLocally({ isBare: true })
    git(root, ['branch', 'headwater', 'main'])
    await expect(forge.propose(proposalOf())).rejects.toMatchObject({ code: 'wrong-value' })
  })

  test('the history of one pull request is the history of its file', async () => {
    const { forge, root } = await openedLocally({ isBare: true })
    await forge.propose(proposalOf())
    await forge.propose(next)
    await forge.close(1, ada)
    expect(git(root, ['log', '--format=%an: %s', ledger, '--', 'pulls/0/1.json']).split('\n')).toEqual([
      'Ada: Close #1 phishing 1.0.0 → 1.1.0 for acme/contoso',
      'Upgrade desk: Update #1 phishing 1.0.0 → 1.1.0 for acme/contoso',
      'Upgrade desk: Open #1 phishing 1.0.0 → 1.1.0 for acme/contoso',
    ])
  })
})
