import fc from 'fast-check'
import { stringify } from 'yaml'
import { expect, test } from 'vitest'
import { clone, overlayFrom } from '../../../controller/core/authoring/index.ts'
import { parseDocument } from '../../../controller/core/model/parse-document.ts'
import { workflowOf } from '../../fakes/fleet-answers.ts'
import { channels, release, resolveFiles, share, tenantsDownTo } from '../../fakes/fleet-files.ts'

const word = fc.constantFrom(
  'one',
  'two words',
  'true',
  '1.0',
  '# not a comment',
  "it's",
  'two\nlines\n',
  ' padded ',
  '',
  '- x',
)
const value = fc.oneof(
  word,
  fc.integer({ min: -5, max: 500 }),
  fc.boolean(),
  fc.constant(null),
  fc.array(word, { maxLength: 3 }),
)
const set = fc.dictionary(
  fc.constantFrom('a', 'b', '$after', '$$x', 'true', 'with space'),
  fc.oneof(value, fc.dictionary(word, value, { maxKeys: 2 })),
  {
    minKeys: 1,
    maxKeys: 3,
  },
)
const ids = ['alpha', 'beta', 'gamma', 'delta', 'omega']
const leaves = (taken: readonly string[]) =>
  fc.record(
    { id: fc.constantFrom(...taken), name: word.filter((text) => text.length > 1), set },
    { requiredKeys: ['id', 'set'] },
  )
const block = fc.record({
  id: fc.constantFrom('block_a', 'block_b'),
  if: fc.constant('${{ true }}'),
  // oxlint-disable-next-line unicorn/no-thenable
  then: fc.uniqueArray(leaves(['inner_a', 'inner_b', 'inner_c']), {
    selector: ({ id }) => id,
    minLength: 1,
    maxLength: 3,
  }),
})
/** A step stands once in a whole workflow, so at most one block is taken. */
const steps = fc
  .tuple(
    fc.uniqueArray(leaves(ids), { selector: ({ id }) => id, minLength: 1, maxLength: 5 }),
    fc.option(block),
    fc.nat(),
  )
  .map(([list, inner, at]) => (inner ? list.toSpliced(at % (list.length + 1), 0, inner as never) : list))
const spec = fc.record(
  {
    minutesSaved: fc.integer({ min: 0, max: 100 }),
    description: word.filter((text) => text !== ''),
    outputs: fc.dictionary(fc.constantFrom('x', 'y', '$delete'), value, { maxKeys: 2 }),
    steps,
  },
  { requiredKeys: ['steps'] },
)

const document = (body: object): string =>
  stringify({
    apiVersion: 'headwater.dev/v1',
    kind: 'Workflow',
    metadata: { name: 'phish' },
    spec: { version: '1.0.0', title: 'Phishing', ...body },
  })
const isValid = (text: string): boolean =>
  parseDocument({ file: 'x', bytes: Buffer.from(text), kinds: ['Workflow'] }).kind === 'parsed'

test('the effective workflow is what the edited copy says, also when it is edited again, and what is cloned then', () => {
  const path = Object.keys(release('phish', '1.0.0', ''))[0] as string
  const around = { ...tenantsDownTo('acme/north'), ...channels('phish', '{ stable: 1.0.0 }'), ...share('all', 'phish') }
  fc.assert(
    fc.property(spec, spec, spec, (template, first, second) => {
      const texts = [template, first, second].map(document)
      fc.pre(texts.every(isValid))
      let files: Record<string, string> = { ...around, [path]: texts[0] as string }
      for (const copy of texts.slice(1)) {
        const state = resolveFiles(files)
        fc.pre(state.tenants.get('acme/north')?.kind === 'valid')
        const answer = overlayFrom(state, (file) => files[file] as string, 'acme/north', 'phish', {
          file: 'copy.yaml',
          text: copy,
        })
        if (answer.kind === 'refused') {
          // The copy may equal what is there, or not be a workflow that works.
          expect(answer.problem.message).toMatch(/already$|^with this overlay/)
          continue
        }
        for (const [file, text] of answer.edits) files = { ...files, [file]: text as string }
        const wanted = parseDocument({ file: 'x', bytes: Buffer.from(copy), kinds: ['Workflow'] })
        const effective = workflowOf(resolveFiles(files), 'acme/north', 'phish')
        expect(wanted.kind === 'parsed' && wanted.resource.spec).toEqual(effective.spec)
      }
      const state = resolveFiles(files)
      const copy = clone(state, (file) => files[file] as string, 'phish', 'acme/north')
      if (copy.kind === 'refused') throw new Error(copy.problem.message)
      const cloned = Object.fromEntries(Object.entries(files).filter(([file]) => copy.edits.get(file) !== null))
      for (const [file, text] of copy.edits) if (text !== null) cloned[file] = text
      expect(workflowOf(resolveFiles(cloned), 'acme/north', 'phish').digest).toBe(
        workflowOf(state, 'acme/north', 'phish').digest,
      )
    }),
    { numRuns: process.env['HEADWATER_LANE'] === 'soak' ? 2_000 : 60 },
  )
}, 240_000)
