import { describe, expect, it } from 'vitest'
import {
  conflictId,
  formatPath,
  type MergeOptions,
  type MergeResult,
  type Path,
  type ReferenceRules,
  resolveConflicts,
  threeWayMerge,
  tripleHash,
  tripleKey,
} from '../../../controller/core/merge/index.ts'
import { type Json, toValue } from '../../../controller/core/model/values.ts'

const schema = {
  properties: {
    steps: {
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      items: { properties: { needs: { 'x-kubernetes-list-type': 'set' }, retry: { properties: {} } } },
    },
  },
}
const inText = /\$\{\{ steps\.([a-z]+)\./g
const references: ReferenceRules = {
  isTarget: (list) => formatPath(list) === '/steps',
  mentions: (path, scalar) => {
    if (typeof scalar !== 'string') return []
    if (path.at(-2) === 'needs') return [scalar]
    return [...scalar.matchAll(inText)].map((match) => match[1] as string)
  },
  rename: (path, scalar, from, to) => {
    if (typeof scalar !== 'string') return scalar
    if (path.at(-2) === 'needs') return scalar === from ? to : scalar
    return scalar.replaceAll(inText, (text, id) => (id === from ? text.replace(from, to) : text))
  },
}

const merge = (base: unknown[], ours: unknown[], theirs: unknown[], options: MergeOptions = {}): MergeResult =>
  threeWayMerge(inputOf(base, ours, theirs), { references, ...options })
const inputOf = (
  base: unknown[],
  ours: unknown[],
  theirs: unknown[],
): { base: Json; ours: Json; theirs: Json; schema: object } => ({
  base: toValue({ steps: base }),
  ours: toValue({ steps: ours }),
  theirs: toValue({ steps: theirs }),
  schema,
})

describe('references', () => {
  it('a mention that the merge leaves without target names who deleted and who mentions', () => {
    const result = merge([{ id: 'a' }, { id: 'b' }], [{ id: 'a' }, { id: 'b', needs: ['a'] }], [{ id: 'b' }])
    expect(result).toMatchObject({
      kind: 'conflicted',
      conflicts: [
        {
          type: 'dangling-reference',
          path: ['steps', { id: 'b' }, 'needs', { '=': 'a' }],
          reference: { to: 'a', deletedBy: 'theirs', mentionedBy: 'ours' },
        },
      ],
    })
  })

  it('a mention in a text counts too', () => {
    const result = merge(
      [{ id: 'a' }, { id: 'b' }],
      [{ id: 'b' }],
      [{ id: 'a' }, { id: 'b', run: 'echo ${{ steps.a.out }}' }],
    )
    expect(result).toMatchObject({ conflicts: [{ reference: { to: 'a', deletedBy: 'ours', mentionedBy: 'theirs' } }] })
  })

  it('what dangled before is not the merge’s doing', () => {
    expect(
      merge([{ id: 'b', needs: ['x'] }], [{ id: 'b', needs: ['x'] }, { id: 'c' }], [{ id: 'b', needs: ['x'], run: 1 }])
        .kind,
    ).toBe('clean')
  })

  it('a decision rewrites or drops the mention', () => {
    const input = inputOf(
      [{ id: 'a' }, { id: 'b' }],
      [{ id: 'a' }, { id: 'b', needs: ['a'] }],
      [{ id: 'b' }, { id: 'c' }],
    )
    const path: Path = ['steps', { id: 'b' }, 'needs', { '=': 'a' }]
    const dropped = resolveConflicts(input, [{ path, resolution: { value: undefined } }], { references })
    expect(dropped).toEqual({
      kind: 'clean',
      value: toValue({ steps: [{ id: 'b', needs: [] }, { id: 'c' }] }),
      notices: [],
    })
    const rewritten = resolveConflicts(input, [{ path, resolution: { value: 'c' } }], { references })
    expect(rewritten.value).toEqual(toValue({ steps: [{ id: 'b', needs: ['c'] }, { id: 'c' }] }))
  })
})

describe('renames', () => {
  it('a declared rename carries our edits and mentions along', () => {
    const result = merge(
      [{ id: 'a', run: 1 }, { id: 'z' }],
      [
        { id: 'a', run: 2 },
        { id: 'z', needs: ['a'], run: '${{ steps.a.out }} ${{ steps.z.out }}' },
      ],
      [{ id: 'b', run: 1 }, { id: 'z' }],
      { moved: [{ from: 'a', to: 'b' }] },
    )
    expect(result).toEqual({
      kind: 'clean',
      value: toValue({
        steps: [
          { id: 'b', run: 2 },
          { id: 'z', needs: ['b'], run: '${{ steps.b.out }} ${{ steps.z.out }}' },
        ],
      }),
      notices: [],
    })
  })

  it('renames follow each other', () => {
    const result = merge([{ id: 'a' }], [{ id: 'a', run: 2 }], [{ id: 'c' }], {
      moved: [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'c' },
      ],
    })
    expect(result).toMatchObject({ kind: 'clean', value: toValue({ steps: [{ id: 'c', run: 2 }] }) })
  })

  it('an undeclared one is a deletion, with a hint', () => {
    const step = { uses: 'http', url: 'x', method: 'POST' }
    const result = merge([{ id: 'a', ...step }], [{ id: 'a', ...step, run: 2 }], [{ id: 'b', ...step }])
    expect(result).toMatchObject({
      conflicts: [
        {
          type: 'delete/edit',
          path: ['steps', { id: 'a' }],
          renameHint: { to: ['steps', { id: 'b' }], similarity: 1 },
        },
      ],
    })
  })
})

describe('locks in a merge', () => {
  const base = [{ id: 'a', run: 1 }, { id: 'audit', run: 1 }, { id: 'z' }]
  const ours = [{ id: 'z' }, { id: 'a', run: 1 }]
  const theirs = [...base, { id: 'new' }]
  const locks = [{ path: ['steps', { id: 'audit' }], mode: 'subtree' as const, lockedBy: 'msp', message: 'Audited' }]

  it('a lock over our edit is a conflict that offers to drop the edit', () => {
    const result = merge(base, ours, theirs, { locks })
    expect(result).toMatchObject({
      kind: 'conflicted',
      conflicts: [
        {
          type: 'locked',
          path: ['steps', { id: 'audit' }],
          lock: { lockedBy: 'msp', message: 'Audited' },
          resolutions: ['theirs'],
        },
      ],
    })
  })

  it('dropping it puts the member back beside its neighbour', () => {
    const result = resolveConflicts(inputOf(base, ours, theirs), () => 'theirs', { locks })
    const ids = (result.value as { steps: { id: string }[] }).steps.map(({ id }) => id)
    expect(ids).toEqual(['z', 'a', 'audit', 'new'])
  })
})

describe('decisions', () => {
  const input = inputOf([{ id: 'a', run: 1, x: 1 }], [{ id: 'a', run: 2, x: 2 }], [{ id: 'a', run: 3, x: 3 }])
  const path: Path = ['steps', { id: 'a' }, 'run']

  it('settle what they name and nothing else', () => {
    const result = resolveConflicts(input, [{ path, resolution: { value: 9 } }])
    expect(result).toMatchObject({ kind: 'conflicted', value: toValue({ steps: [{ id: 'a', run: 9, x: 2 }] }) })
    expect(result.kind === 'conflicted' && result.conflicts.map((conflict) => formatPath(conflict.path))).toEqual([
      '/steps/[id=a]/x',
    ])
  })

  it('do not settle with what a conflict does not offer', () => {
    expect(resolveConflicts(input, [{ path, resolution: 'both' }])).toMatchObject({
      value: toValue({ steps: [{ id: 'a', run: 2, x: 2 }] }),
    })
  })

  it('are remembered by the triple: the same difference has the same key in every resource', () => {
    const result = merge([{ id: 'a', run: 1 }], [{ id: 'a', run: 2 }], [{ id: 'a', run: 3 }])
    const conflict = result.kind === 'conflicted' ? result.conflicts[0] : undefined
    if (!conflict) throw new Error('expected a conflict')
    expect(tripleKey(conflict)).toBe('["/steps/[id=a]/run",[1],[2],[3]]')
    expect(tripleHash(conflict)).toMatch(/^[0-9a-f]{64}$/)
    expect(conflictId('acme/one', conflict)).not.toBe(conflictId('acme/two', conflict))
    expect(tripleKey({ ...conflict, type: 'delete/edit', theirs: null })).not.toBe(
      tripleKey({ path, type: 'edit/edit', base: 1, ours: 2, resolutions: [] }),
    )
  })
})
