import { describe, expect, it } from 'vitest'
import { formatFieldPath, parseFieldPath } from '../../../controller/core/model/field-path.ts'
import { locate, locatedDocument } from '../../../controller/core/model/locate.ts'

const text = `kind: Overlay
spec:
  patch:
    steps:
      - id: isolate
        with: {device: "a", "odd/key": 1}
      -
        id: "007"
        then:
          - {id: nested, set: {x: 1}}
    exclude: [acme/lab, 7]
    ? explicit
    : value
    nothing:
`
const places: [path: string, mark: string][] = [
  ['', '1:1'],
  ['/kind', '1:1'],
  ['/spec/patch', '3:3'],
  ['/spec/patch/steps/0', '5:9'],
  ['/spec/patch/steps/[id=isolate]', '5:9'],
  ['/spec/patch/steps/[id=isolate]/with/device', '6:16'],
  ['/spec/patch/steps/[id=isolate]/with/odd~1key', '6:29'],
  ['/spec/patch/steps/[id="007"]', '8:9'],
  ['/spec/patch/steps/1/then/[id=nested]/set/x', '10:32'],
  ['/spec/patch/exclude/[=acme~1lab]', '11:15'],
  ['/spec/patch/exclude/[=7]', '11:25'],
  ['/spec/patch/explicit', '12:7'],
  ['/spec/patch/nothing', '14:5'],
]

describe('locate', () => {
  const document = locatedDocument('a.yaml', text)

  for (const [path, mark] of places) {
    it(`${path || 'the document'} stands at ${mark}`, () => {
      const place = document.locate(path)
      expect(`${place?.line}:${place?.column}`).toBe(mark)
      expect(place?.text).toBe(text.split('\n')[(place?.line ?? 0) - 1])
      expect(locate('a.yaml', text, path)).toEqual(place)
    })
  }

  it('knows nothing of what is not there', () => {
    for (const path of [
      '/spec/patch/steps/2',
      '/spec/patch/steps/[id=7]',
      '/spec/patch/steps/-1',
      '/spec/patch/steps/id',
      '/kind/x',
      '/spec/patch/nothing/x',
      'spec',
    ]) {
      expect(document.locate(path)).toBeUndefined()
    }
  })

  it('finds the last part of a path that is there', () => {
    expect(document.nearest('/spec/patch/steps/[id=isolate]/retry/attempts')).toMatchObject({ line: 5, column: 9 })
    expect(document.nearest('/metadata/name')).toMatchObject({ line: 1, column: 1 })
  })

  it('has no places in a text that is no YAML, and does not throw', () => {
    for (const broken of ['a: [', 'a: *b', '', '['.repeat(100_000), 'a: b: c']) {
      expect(locatedDocument('a.yaml', broken).locate('/a')).toBeUndefined()
      expect(locatedDocument('a.yaml', broken).nearest('/a')).toMatchObject({ line: 1, column: 1 })
    }
  })
})

describe('field paths', () => {
  it('read back as they were', () => {
    for (const path of [
      [],
      ['a', 'b/c', '~d', '[e'],
      [{ id: 'x' }],
      [{ kind: 'User', name: 'a, b' }],
      [{ port: 80, on: '80' }],
      [{ '=': 'acme/lab' }],
      [{ '=': 'say "no"' }],
    ]) {
      expect(parseFieldPath(formatFieldPath(path))).toEqual(path)
    }
    expect(formatFieldPath(['spec', 'steps', 3, { id: 'x' }])).toBe('/spec/steps/3/[id=x]')
  })

  it('are refused where they are none', () => {
    for (const path of ['a', '/[', '/[id]', '/[id=]', '/[id=a', '/[id=a]b', '/[id="a]'])
      expect(parseFieldPath(path)).toBeUndefined()
  })
})
