import { describe, expect, onTestFinished, test } from 'vitest'
import type { Forge, Person, Proposal } from '../../controller/io/git/forge/index.ts'

/** A forge over one fleet, and what people do to it with their own tools. */
export interface OpenedForge {
  readonly forge: Forge
  /** Opens another one on the same fleet, as after a restart. */
  readonly reopen: () => Promise<Forge>
  /** Text of a file on a branch; null where there is none. */
  readonly read: (branch: string, path: string) => Promise<string | null>
  /** A person commits to a branch; makes the branch on `main` where it is not there. */
  readonly push: (branch: string, files: Readonly<Record<string, string | null>>) => Promise<void>
  /** Changes whenever anything was written. */
  readonly fingerprint: () => Promise<string>
}

export const ada: Person = { name: 'Ada', email: 'ada@example.com' }

const overlay = 'tenants/acme/contoso/overlays/phishing.yaml'

/** What the fleet of `open` holds at the start, on `main`. */
export const forgeFleet: Readonly<Record<string, string>> = {
  [overlay]: 'base: 1.0.0\n',
  'tenants/acme/contoso/tenant.yaml': 'kind: Tenant\n',
  'tenants/acme/fabrikam/tenant.yaml': 'kind: Tenant\n',
}

export function proposalOf(changes: Partial<Proposal> = {}): Proposal {
  return {
    key: 'upgrade/acme/contoso/phishing',
    branch: 'headwater/upgrade/acme/contoso/phishing',
    base: 'main',
    title: 'phishing 1.0.0 → 1.1.0 for acme/contoso',
    body: 'Two steps change.\n',
    labels: ['upgrade'],
    files: new Map([[overlay, 'base: 1.1.0\n']]),
    author: { name: 'Upgrade desk', email: 'desk@example.com' },
    at: Date.UTC(2026, 0, 2),
    ...changes,
  }
}

const to = (version: string): Pick<Proposal, 'files'> => ({ files: new Map([[overlay, `base: ${version}\n`]]) })

/** What every forge promises. Knows nothing of how it keeps its pull requests. */
export function forgeConformance(name: string, open: () => Promise<OpenedForge>): void {
  const start = async (): Promise<OpenedForge> => {
    const opened = await open()
    onTestFinished(() => opened.forge.stop())
    return opened
  }

  describe(`${name}: propose`, () => {
    test('opens a pull request whose branch holds the contents, and leaves the base alone', async () => {
      const { forge, read } = await start()
      const { kind, pullRequest } = await forge.propose(proposalOf())
      expect(kind).toBe('opened')
      expect(pullRequest).toMatchObject({
        key: 'upgrade/acme/contoso/phishing',
        title: 'phishing 1.0.0 → 1.1.0 for acme/contoso',
        body: 'Two steps change.\n',
        base: 'main',
        state: 'open',
        labels: ['upgrade'],
        isEditedByPerson: false,
      })
      expect(await read(pullRequest?.branch ?? '', overlay)).toBe('base: 1.1.0\n')
      expect(await read('main', overlay)).toBe('base: 1.0.0\n')
    })

    test('writes nothing the second time, after a restart neither', async () => {
      const { forge, fingerprint, reopen } = await start()
      const first = await forge.propose(proposalOf())
      const before = await fingerprint()
      expect(await forge.propose(proposalOf({ at: Date.UTC(2026, 0, 3) }))).toEqual({ ...first, kind: 'unchanged' })
      const again = await reopen()
      expect(await again.propose(proposalOf())).toEqual({ ...first, kind: 'unchanged' })
      await again.stop()
      expect(await fingerprint()).toBe(before)
    })

    test('edits title, body and labels in place', async () => {
      const { forge } = await start()
      const first = await forge.propose(proposalOf())
      const second = await forge.propose(proposalOf({ title: 'Other', body: 'Other.', labels: ['a', 'b'] }))
      expect(second.kind).toBe('updated')
      expect(await forge.list()).toMatchObject([
        {
          number: first.pullRequest?.number,
          title: 'Other',
          body: 'Other.',
          labels: ['a', 'b'],
          head: first.pullRequest?.head,
        },
      ])
    })

    test('rewrites the branch as one commit on the present base for other contents', async () => {
      const { forge, push } = await start()
      const first = await forge.propose(proposalOf())
      await push('main', { 'tenants/acme/fabrikam/tenant.yaml': 'kind: Tenant # 2\n' })
      const second = await forge.propose(proposalOf(to('1.2.0')))
      expect(second).toMatchObject({ kind: 'updated', pullRequest: { number: first.pullRequest?.number } })
      const shown = await forge.show(first.pullRequest?.number ?? 0)
      expect(shown?.files).toEqual([{ path: overlay, before: 'base: 1.0.0\n', after: 'base: 1.2.0\n' }])
      expect(shown?.commits).toHaveLength(1)
    })

    test('stays as it is when the base moves elsewhere, and follows when it moves under the same file', async () => {
      const { forge, push, fingerprint } = await start()
      await forge.propose(proposalOf())
      await push('main', { 'tenants/acme/fabrikam/tenant.yaml': 'kind: Tenant # 2\n' })
      const before = await fingerprint()
      expect((await forge.propose(proposalOf())).kind).toBe('unchanged')
      expect(await fingerprint()).toBe(before)
      await push('main', { [overlay]: 'base: 1.0.0 # checked\n' })
      expect((await forge.propose(proposalOf())).kind).toBe('updated')
      const [shown] = (await forge.show(1))?.files ?? []
      expect(shown).toMatchObject({ before: 'base: 1.0.0 # checked\n', after: 'base: 1.1.0\n' })
    })

    test('adds and removes files', async () => {
      const { forge, read } = await start()
      const files = new Map([
        ['tenants/acme/contoso/overlays/new.yaml', 'new: true\n'],
        [overlay, null],
      ])
      const { pullRequest } = await forge.propose(proposalOf({ files }))
      expect(await read(pullRequest?.branch ?? '', overlay)).toBeNull()
      expect((await forge.show(1))?.files).toEqual([
        { path: 'tenants/acme/contoso/overlays/new.yaml', after: 'new: true\n' },
        { path: overlay, before: 'base: 1.0.0\n' },
      ])
    })

    test('leaves a branch alone that a person pushed to', async () => {
      const { forge, push, read, fingerprint } = await start()
      const { pullRequest } = await forge.propose(proposalOf())
      const branch = pullRequest?.branch ?? ''
      await push(branch, { [overlay]: 'base: 1.1.0\npatch: mine\n' })
      const before = await fingerprint()
      expect(await forge.propose(proposalOf(to('1.2.0')))).toMatchObject({ kind: 'left-alone', reason: 'edited' })
      expect(await forge.propose(proposalOf())).toMatchObject({ kind: 'left-alone', reason: 'edited' })
      expect(await fingerprint()).toBe(before)
      expect(await read(branch, overlay)).toBe('base: 1.1.0\npatch: mine\n')
      expect(await forge.list()).toMatchObject([{ isEditedByPerson: true }])
    })

    test('does not come back with what a person turned down, but with other contents', async () => {
      const { forge, fingerprint } = await start()
      await forge.propose(proposalOf())
      await forge.close(1, ada)
      const before = await fingerprint()
      expect(await forge.propose(proposalOf())).toMatchObject({ kind: 'left-alone', reason: 'declined' })
      expect(await fingerprint()).toBe(before)
      expect(await forge.propose(proposalOf(to('1.2.0')))).toMatchObject({ kind: 'opened', pullRequest: { number: 2 } })
      expect(await forge.propose(proposalOf())).toMatchObject({ kind: 'left-alone', reason: 'declined' })
    })

    test('has nothing to do where the base holds the contents, and settles what is open for them', async () => {
      const { forge, push, fingerprint } = await start()
      expect(await forge.propose(proposalOf(to('1.0.0')))).toEqual({ kind: 'nothing-to-do', pullRequest: null })
      await forge.propose(proposalOf())
      await push('main', { [overlay]: 'base: 1.1.0\n' })
      expect(await forge.propose(proposalOf())).toMatchObject({
        kind: 'nothing-to-do',
        pullRequest: { state: 'closed' },
      })
      const before = await fingerprint()
      expect((await forge.propose(proposalOf())).kind).toBe('nothing-to-do')
      expect(await fingerprint()).toBe(before)
      expect(await forge.list({ state: 'open' })).toEqual([])
    })

    test('never writes to a branch of that name that a person has', async () => {
      const { forge, push, read } = await start()
      const branch = proposalOf().branch
      await push(branch, { 'tenants/acme/contoso/tenant.yaml': 'kind: Tenant # mine\n' })
      const { kind, pullRequest } = await forge.propose(proposalOf())
      expect(kind).toBe('opened')
      expect(pullRequest?.branch).not.toBe(branch)
      expect(await read(branch, 'tenants/acme/contoso/tenant.yaml')).toBe('kind: Tenant # mine\n')
    })

    test.each([
      ['a base that is not there', { base: 'nothing' }, 'unknown-revision'],
      ['a branch that is an option', { branch: '-x' }, 'unknown-revision'],
      ['a path out of the fleet', { files: new Map([['../x.yaml', 'x']]) }, 'bad-path'],
      ['a path into git', { files: new Map([['.git/config', 'x']]) }, 'bad-path'],
      ['a title of two lines', { title: 'a\nb' }, 'wrong-value'],
      ['a body that is too long', { body: 'x'.repeat(65_537) }, 'wrong-value'],
      ['a file that is too large', { files: new Map([['a.yaml', 'x'.repeat(262_145)]]) }, 'file-too-large'],
    ] as const)('refuses %s, and writes nothing', async (_, changes, code) => {
      const { forge, fingerprint } = await start()
      const before = await fingerprint()
      await expect(forge.propose(proposalOf(changes))).rejects.toMatchObject({ code })
      expect(await fingerprint()).toBe(before)
    })

    test('takes the longest body', async () => {
      const { forge } = await start()
      const body = '€"\n'.repeat(21_845)
      await forge.propose(proposalOf({ body }))
      expect((await forge.show(1))?.body).toBe(body)
    })
  })

  describe(`${name}: proposeMany`, () => {
    const many = (count: number, version: string): Proposal[] =>
      Array.from({ length: count }, (_, i) =>
        proposalOf({
          key: `upgrade/t${i}`,
          branch: `headwater/upgrade/t${i}`,
          files: new Map([[`tenants/acme/t${i}/overlays/phishing.yaml`, `base: ${version}\n`]]),
        }),
      )

    test('does for many what propose does for one', async () => {
      const { forge, fingerprint, read } = await start()
      const outcomes = await forge.proposeMany(many(50, '1.1.0'))
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['opened']))
      expect(outcomes.map(({ pullRequest }) => pullRequest?.key)).toEqual(many(50, '').map(({ key }) => key))
      const before = await fingerprint()
      expect(new Set((await forge.proposeMany(many(50, '1.1.0'))).map(({ kind }) => kind))).toEqual(
        new Set(['unchanged']),
      )
      expect(await fingerprint()).toBe(before)
      const updated = await forge.proposeMany([...many(3, '1.2.0'), ...many(50, '1.1.0').slice(3)])
      expect(updated.map(({ kind }) => kind).slice(0, 5)).toEqual([
        'updated',
        'updated',
        'updated',
        'unchanged',
        'unchanged',
      ])
      expect(await read('headwater/upgrade/t1', 'tenants/acme/t1/overlays/phishing.yaml')).toBe('base: 1.2.0\n')
      expect(await forge.list()).toHaveLength(50)
    })

    test('takes one key twice and one branch twice', async () => {
      const { forge } = await start()
      const outcomes = await forge.proposeMany([
        proposalOf(),
        proposalOf(to('1.2.0')),
        proposalOf({ key: 'upgrade/other', ...to('1.3.0') }),
      ])
      expect(outcomes.map(({ kind }) => kind)).toEqual(['opened', 'updated', 'opened'])
      const pulls = await forge.list()
      expect(pulls).toHaveLength(2)
      expect(new Set(pulls.map(({ branch }) => branch)).size).toBe(2)
    })

    test('answers an empty list with one', async () => {
      const { forge, fingerprint } = await start()
      const before = await fingerprint()
      expect(await forge.proposeMany([])).toEqual([])
      expect(await fingerprint()).toBe(before)
    })

    test('opens one pull request where two controllers propose the same at once', async () => {
      const { forge, reopen } = await start()
      const other = await reopen()
      const kinds = await Promise.all([forge, other, forge, other].map((one) => one.propose(proposalOf())))
      await other.stop()
      expect(kinds.map(({ kind }) => kind).sort()).toEqual(['opened', 'unchanged', 'unchanged', 'unchanged'])
      expect(await forge.list()).toHaveLength(1)
    })
  })

  describe(`${name}: list and show`, () => {
    test('lists the newest first, by state, label and start of the key', async () => {
      const { forge } = await start()
      await forge.propose(proposalOf())
      await forge.propose(proposalOf({ key: 'onboard/x', branch: 'headwater/x', labels: ['onboard'], ...to('1.2.0') }))
      await forge.close(1, ada)
      const numbers = async (filter?: Parameters<Forge['list']>[0]): Promise<number[]> =>
        (await forge.list(filter)).map(({ number }) => number)
      expect(await numbers()).toEqual([2, 1])
      expect(await numbers({ state: 'open' })).toEqual([2])
      expect(await numbers({ state: 'closed' })).toEqual([1])
      expect(await numbers({ label: 'upgrade' })).toEqual([1])
      expect(await numbers({ keyPrefix: 'onboard/' })).toEqual([2])
      expect(await numbers({ keyPrefix: 'onboard/', state: 'closed' })).toEqual([])
    })

    test('shows nothing for a number that is not there', async () => {
      const { forge } = await start()
      expect(await forge.list()).toEqual([])
      for (const number of [0, 1, -1, 1.5, Number.NaN]) expect(await forge.show(number)).toBeNull()
    })

    test("shows a person's commits as well, latest first", async () => {
      const { forge, push } = await start()
      const { pullRequest } = await forge.propose(proposalOf())
      await push(pullRequest?.branch ?? '', { 'README.md': 'about\n' })
      const shown = await forge.show(1)
      expect(shown?.commits.map(({ author }) => author)).toEqual(['Person', 'Upgrade desk'])
      expect(shown?.files.map(({ path }) => path)).toEqual(['README.md', overlay])
      expect(shown?.isEditedByPerson).toBe(true)
    })
  })

  describe(`${name}: merge`, () => {
    test('brings the contents to the base, once', async () => {
      const { forge, read, fingerprint } = await start()
      await forge.propose(proposalOf())
      const merged = await forge.merge(1, ada)
      expect(merged.kind).toBe('merged')
      expect(await read('main', overlay)).toBe('base: 1.1.0\n')
      expect(await forge.show(1)).toMatchObject({ state: 'merged', files: [{ after: 'base: 1.1.0\n' }] })
      const before = await fingerprint()
      expect(await forge.merge(1, ada)).toEqual(merged)
      expect((await forge.propose(proposalOf())).kind).toBe('nothing-to-do')
      expect(await fingerprint()).toBe(before)
    })

    test('keeps what the base changed elsewhere meanwhile', async () => {
      const { forge, read, push } = await start()
      await forge.propose(proposalOf())
      await push('main', { 'tenants/acme/fabrikam/tenant.yaml': 'kind: Tenant # 2\n' })
      expect((await forge.merge(1, ada)).kind).toBe('merged')
      expect(await read('main', overlay)).toBe('base: 1.1.0\n')
      expect(await read('main', 'tenants/acme/fabrikam/tenant.yaml')).toBe('kind: Tenant # 2\n')
    })

    test('refuses where the base changed the same file, and changes nothing', async () => {
      const { forge, read, push, fingerprint } = await start()
      await forge.propose(proposalOf())
      await push('main', { [overlay]: 'base: 1.0.0 # checked\n' })
      const before = await fingerprint()
      expect(await forge.merge(1, ada)).toMatchObject({ kind: 'refused', reason: expect.stringContaining(overlay) })
      expect(await fingerprint()).toBe(before)
      expect(await read('main', overlay)).toBe('base: 1.0.0 # checked\n')
    })

    test("takes a person's commits on the branch along", async () => {
      const { forge, read, push } = await start()
      const { pullRequest } = await forge.propose(proposalOf())
      await push(pullRequest?.branch ?? '', { 'tenants/acme/contoso/tenant.yaml': 'kind: Tenant # mine\n' })
      expect((await forge.merge(1, ada)).kind).toBe('merged')
      expect(await read('main', 'tenants/acme/contoso/tenant.yaml')).toBe('kind: Tenant # mine\n')
      expect(await read('main', overlay)).toBe('base: 1.1.0\n')
    })

    test('refuses what is closed or not there', async () => {
      const { forge } = await start()
      await forge.propose(proposalOf())
      await forge.close(1, ada)
      expect((await forge.merge(1, ada)).kind).toBe('refused')
      expect((await forge.merge(2, ada)).kind).toBe('refused')
    })

    test('opens the next one under the same key afterwards', async () => {
      const { forge, read } = await start()
      await forge.propose(proposalOf())
      await forge.merge(1, ada)
      const second = await forge.propose(proposalOf(to('1.2.0')))
      expect(second).toMatchObject({ kind: 'opened', pullRequest: { number: 2 } })
      await forge.merge(2, ada)
      expect(await read('main', overlay)).toBe('base: 1.2.0\n')
      expect((await forge.list()).map(({ state }) => state)).toEqual(['merged', 'merged'])
    })
  })

  describe(`${name}: close and comment`, () => {
    test('closes once, says why, and keeps the files to look at', async () => {
      const { forge, fingerprint } = await start()
      await forge.propose(proposalOf())
      expect((await forge.close(1, ada, { comment: 'Not now.' })).kind).toBe('closed')
      const before = await fingerprint()
      expect((await forge.close(1, ada, { comment: 'Not now.' })).kind).toBe('closed')
      expect(await fingerprint()).toBe(before)
      expect(await forge.show(1)).toMatchObject({
        state: 'closed',
        files: [{ path: overlay }],
        comments: [{ body: 'Not now.', author: 'Ada' }],
      })
    })

    test('a newer pull request takes the place of an older one, whose contents may come again', async () => {
      const { forge } = await start()
      await forge.propose(proposalOf())
      await forge.propose(proposalOf({ key: 'upgrade/all', branch: 'headwater/upgrade/all', ...to('1.2.0') }))
      expect(await forge.close(1, ada, { supersededBy: 2 })).toMatchObject({
        kind: 'closed',
        pullRequest: { state: 'closed', supersededBy: 2 },
      })
      expect((await forge.propose(proposalOf())).kind).toBe('opened')
    })

    test('refuses to close what is merged or not there', async () => {
      const { forge } = await start()
      await forge.propose(proposalOf())
      await forge.merge(1, ada)
      expect((await forge.close(1, ada)).kind).toBe('refused')
      expect((await forge.close(7, ada)).kind).toBe('refused')
    })

    test('edits the one comment of a key in place', async () => {
      const { forge, fingerprint } = await start()
      await forge.propose(proposalOf())
      expect(await forge.comment(1, 'plan', 'one', ada)).toEqual({ kind: 'written' })
      expect(await forge.comment(1, 'tests', 'green', ada)).toEqual({ kind: 'written' })
      expect(await forge.comment(1, 'plan', 'two', ada)).toEqual({ kind: 'written' })
      const before = await fingerprint()
      expect(await forge.comment(1, 'plan', 'two', ada)).toEqual({ kind: 'unchanged' })
      expect(await fingerprint()).toBe(before)
      const comments = (await forge.show(1))?.comments.map(({ key, body }) => [key, body])
      expect(comments?.sort()).toEqual([
        ['plan', 'two'],
        ['tests', 'green'],
      ])
      expect((await forge.comment(2, 'plan', 'x', ada)).kind).toBe('refused')
    })
  })
}
