import { describe, expect, test } from 'vitest'
import { commandsOf } from '../../controller/cli/commands/index.ts'
import { channels, overlay, release, share, tenant, tenantsDownTo } from '../fakes/fleet-files.ts'
import { fleetAt, run, runJson } from '../reconcile/command-line.ts'

const commands = commandsOf(() => Promise.reject(new Error('no controller here')))
const phish = (version: string, hours: number) =>
  release('phish', version, `steps: [{ id: find, set: { hours: ${hours} } }, { id: tell, set: { text: found } }]`)
/** One of everything a reader prints: a conflict, a warning, an error. */
const files = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/south'),
  ...phish('1.0.0', 24),
  ...phish('2.0.0', 48),
  ...channels('phish', '{ stable: 2.0.0 }'),
  ...share('all', 'phish'),
  ...share('none', 'phish', 'to: { tags: { tier: [gold] } }'),
  ...overlay('acme/north', 'phish', '1.0.0', 'steps: [{ id: find, set: { hours: 72 } }]'),
  'tenants/acme/south/connections/edr.yaml': 'kind: [',
}
const reading = [
  ['validate'],
  ['tenants'],
  ['tenants', 'under:acme/north'],
  ['render', 'acme/north'],
  ['render', 'acme/north', 'phish'],
  ['explain', 'acme/north'],
  ['explain', 'acme/north', 'phish'],
  ['plan'],
  ['conflicts'],
  ['upgrade', 'acme/north', 'phish'],
  ['upgrade', 'acme/north', 'phish', '--take', 'ours', '--dry-run'],
  ['pr', 'list'],
  ['render', 'acme/nowhere'],
]

describe('--help', () => {
  test.each(commands.map(({ name }) => name))('of `%s` shows its summary, its arguments and examples', async (name) => {
    const command = commands.find((each) => each.name === name)
    const { code, out } = await run('/', [...name.split(' '), '--help'])
    expect(code).toBe(0)
    const flat = out.replace(/\s+/g, ' ')
    expect(flat).toContain(command?.summary.replace(/\s+/g, ' '))
    for (const [argument] of command?.args ?? []) expect(out).toContain(argument.slice(1, -1))
    const examples = out.slice(out.indexOf('Examples:')).split('\n').slice(1)
    expect(examples.filter((line) => line.includes(`headwater ${name}`)).length).toBeGreaterThan(0)
  })

  test('of the program names every command', async () => {
    const { out } = await run('/', ['--help'])
    for (const { name } of commands) expect(out).toContain(name.split(' ')[0])
  })

  test('every example names options and formats that its command has', () => {
    const longestFirst = commands.toSorted((a, b) => b.name.length - a.name.length)
    for (const example of commands.flatMap(({ examples }) => examples)) {
      const line = example.replace(/^.*?headwater /, '').replaceAll(/'[^']*'|"[^"]*"/g, '')
      const command = longestFirst.find(({ name }) => `${line} `.startsWith(`${name} `))
      const { options = [], formats = [] } = command ?? {}
      const known = [...options.map(([flags]) => flags.split(/[ ,]/)[0]), '-o']
      for (const [flag] of line.matchAll(/(?<=\s)--?[a-z][\w-]*/g)) expect(known, example).toContain(flag)
      const format = /-o (\w+)/.exec(line)?.[1]
      if (format !== undefined) expect(['text', 'json', ...formats], example).toContain(format)
    }
  })
})

describe('wrong use', () => {
  test.each([
    [['nonsense'], 'unknown command'],
    [['render'], 'missing required argument'],
    [['validate', '--nonsense'], 'unknown option'],
    [['validate', '-o', 'xml'], 'is no output format'],
    [['tenants', 'tier'], 'is not a tag expression'],
  ])('%j ends with 2 and says why', async (words, message) => {
    const { code, err } = await run('/', words)
    expect([code, err]).toEqual([2, expect.stringContaining(message)])
  })

  test('a folder that is no fleet could not be read', async () => {
    const { code, err } = await run(fleetAt({ 'README.md': 'nothing' }), ['validate'])
    expect([code, err]).toEqual([3, expect.stringContaining('error not-a-fleet')])
  })
})

test('-o json of every offline command is one JSON document, whatever the answer', async () => {
  const root = fleetAt(files)
  for (const words of reading) {
    const { json } = await runJson(root, words)
    expect(json, words.join(' ')).toBeTypeOf('object')
  }
})

test('without colour there is no escape code in what is printed, and with it there is', async () => {
  const root = fleetAt(files)
  let coloured = 0
  for (const words of reading) {
    const plain = await run(root, words)
    expect(plain.out + plain.err, words.join(' ')).not.toContain('\u001b')
    const { out, err } = await run(root, words, true)
    if ((out + err).includes('\u001b[')) coloured++
  }
  expect(coloured).toBeGreaterThan(5)
})
