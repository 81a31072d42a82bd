import { describe, expect, test } from 'vitest'
import { parseSelector, selects } from '../../../controller/core/desired/index.ts'
import type { Selector } from '../../../controller/core/desired/select.ts'
import { resolveFiles, tenant } from '../../fakes/fleet-files.ts'

const state = resolveFiles(
  tenant('acme'),
  tenant('acme/north', 'tags: { region: nordics }'),
  tenant('acme/north/contoso', 'tags: { tier: gold, industry: retail }'),
  tenant('acme/north/contoso/plant', 'tags: { industry: factory }'),
  tenant('acme/north/marlow', 'tags: { tier: silver, industry: finance }'),
  tenant('acme/south'),
  tenant('acme/south/solano', 'tags: { tier: gold, industry: energy }'),
  tenant('acme/south/tidewater', 'tags: { tier: bronze }'),
)
const selected = (selector: Selector): string[] =>
  [...state.hierarchy.nodes.values()]
    .filter((node) => selects(selector, node))
    .map(({ path }) => path.replace('acme/', ''))

const table: readonly (readonly [string, Selector, string[]])[] = [
  ['one value', { tags: { tier: ['silver'] } }, ['north/marlow']],
  ['any of several values of one tag', { tags: { tier: ['silver', 'bronze'] } }, ['north/marlow', 'south/tidewater']],
  ['all of several tags', { tags: { tier: ['gold'], industry: ['energy'] } }, ['south/solano']],
  [
    'an inherited tag',
    { tags: { region: ['nordics'] } },
    ['north', 'north/contoso', 'north/marlow', 'north/contoso/plant'],
  ],
  ['an overridden tag', { tags: { industry: ['retail'] } }, ['north/contoso']],
  [
    'not, over a tag that is there',
    { tags: { tier: ['gold'] }, not: { industry: ['retail', 'energy'] } },
    ['north/contoso/plant'],
  ],
  ['not, over a tag that is absent', { subtree: 'acme/south', not: { tier: ['gold'] } }, ['south', 'south/tidewater']],
  ['a subtree with its top', { subtree: 'acme/south' }, ['south', 'south/solano', 'south/tidewater']],
  ['exclusions with all below them', { tags: { tier: ['gold'] }, exclude: ['acme/north/contoso'] }, ['south/solano']],
  ['a subtree that only begins alike', { subtree: 'acme/sou' }, []],
  ['a tag that nobody has', { tags: { colour: ['red'] } }, []],
  ['a tag named like something built in', { tags: { constructor: ['x'] } }, []],
]

test.each(table)('%s', (_, selector, expected) => {
  expect(selected(selector).sort()).toEqual([...expected].sort())
})

test('an empty selector means everybody', () => {
  expect(selected({})).toHaveLength(state.hierarchy.nodes.size)
})

describe('a tag expression of the command line', () => {
  test.each<[string, Selector]>([
    ['tier=gold', { tags: { tier: ['gold'] }, not: {} }],
    ['tier=gold,silver region=eu', { tags: { tier: ['gold', 'silver'], region: ['eu'] }, not: {} }],
    ['!industry=retail', { tags: {}, not: { industry: ['retail'] } }],
    ['  under:acme/north   tier=gold ', { subtree: 'acme/north', tags: { tier: ['gold'] }, not: {} }],
    ['!industry=retail !industry=finance', { tags: {}, not: { industry: ['retail', 'finance'] } }],
  ])('%s', (text, selector) => {
    expect(parseSelector(text)).toEqual(selector)
  })

  test.each([
    ['gold', '`gold` is not a tag expression'],
    ['tier:gold', '`tier:gold` is not a tag expression'],
    ['tier=', '`tier=` is not a tag expression'],
    ['tier=gold,', 'an empty value'],
    ['tier=gold tier=silver', 'write tier=gold,silver'],
    ['under:acme under:zeta', 'one subtree'],
    ['', 'is not a tag expression'],
  ])('%j is refused: %s', (text, message) => {
    expect(parseSelector(text)).toContain(message)
  })
})
