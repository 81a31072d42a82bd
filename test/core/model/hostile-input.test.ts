import { describe, expect, it } from 'vitest'
import { caps } from '../../../controller/core/model/caps.ts'
import { problemsOf, tenant } from './gate-text.ts'

const fill = (text: string, before = '', after = '') => {
  const room = caps.fileBytes - Buffer.byteLength(before + after)
  return before + text.repeat(Math.floor(room / Buffer.byteLength(text))) + after
}
const garbage = (seed: number, alphabet: (number: number) => string) => {
  let state = seed
  return Array.from({ length: caps.fileBytes / 4 }, () =>
    alphabet((state = (state * 1_103_515_245 + 12_345) & 0x7fffffff)),
  ).join('')
}
const letters = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']

const hostile: Record<string, [string, string | Uint8Array]> = {
  'a bomb of aliases': [
    'yaml-anchor',
    `a: &a [x, x]\n${letters.map((name, at) => `${name}: &${name} [${Array(9).fill(`*a${at}`).join(', ')}]`).join('\n')}\n`,
  ],
  'many anchors': ['yaml-anchor', '&a a: 1\n'.repeat(caps.fileLines - 1)],
  'many tags': ['yaml-tag', fill('!a ')],
  '100,000 brackets': ['too-deep', '['.repeat(100_000)],
  '100,000 braces': ['too-deep', '{'.repeat(100_000)],
  'maps in maps': ['too-deep', fill('{a: ')],
  'pairs in lists': ['too-deep', fill('[a: ')],
  'a chain of keys in braces': ['yaml-syntax', fill('a: ', '{', '}')],
  'a chain of keys': ['too-deep', fill('a: ')],
  'a chain of colons': ['too-deep', fill(': ', 'a')],
  'compact items': ['too-deep', fill('- ')],
  'compact explicit keys': ['too-deep', fill('? ')],
  'deep blocks': ['too-deep', Array.from({ length: 600 }, (_, level) => `${' '.repeat(level)}a:\n`).join('')],
  'closing brackets': ['yaml-syntax', fill(']')],
  commas: ['yaml-syntax', fill(',', '[')],
  colons: ['yaml-syntax', fill(': ', '[', ']')],
  'question marks': ['too-many-values', fill('? ', '[', ']')],
  quotes: ['too-many-values', fill('"')],
  'values without commas': ['too-many-values', fill('"a" ', '{', '}')],
  'bad escapes': ['yaml-syntax', '- "\\q"\n'.repeat(9_000)],
  'bad starts': ['yaml-syntax', 'a: @\n'.repeat(9_000)],
  '40,000 keys': ['file-too-large', Array.from({ length: 40_000 }, (_, key) => `${key.toString(36)}:`).join('\n')],
  '40,000 keys in braces': [
    'too-many-values',
    `{${Array.from({ length: 40_000 }, (_, key) => key.toString(36)).join(',')}}`,
  ],
  '9,000 keys': ['too-many-keys', Array.from({ length: 9_000 }, (_, key) => `k${key}: 1`).join('\n')],
  'one key 1,900 times': ['duplicate-key', tenant + '  timezone: UTC\n'.repeat(1_900)],
  '8,000 wrong items': ['wrong-type', `${tenant}  contacts:\n${'  - 1\n'.repeat(8_000)}`],
  '1,900 unknown fields': [
    'unknown-field',
    tenant + Array.from({ length: 1_900 }, (_, key) => `  unknown${key}: 1\n`).join(''),
  ],
  'a dense list': ['too-many-values', fill('1,', '[', '1]')],
  'blank lines': ['file-too-large', fill('\n', 'a:')],
  'comments after blank lines': ['missing-field', `a: 1${'\n'.repeat(9_000)}${'  #\n'.repeat(9_000)}`],
  'a long key': ['yaml-syntax', fill('k', '', ': 1')],
  'a long unknown field': ['unknown-field', `${tenant}  ? ${'k'.repeat(200_000)}\n  : 1\n`],
  'a long number': ['yaml-number', `${tenant}  values: {n: ${'9'.repeat(200_000)}}\n`],
  'long folded text': ['missing-field', ' a\n\n'.repeat(9_000).replace(/^/, 'a: >\n')],
  'unclosed quotes': ['yaml-syntax', fill('\\', 'a: "')],
  'printable garbage': ['wrong-type', garbage(1, (number) => String.fromCharCode(32 + (number % 95)))],
  'garbage of YAML': ['yaml-syntax', garbage(2, (number) => '[]{},:-?|>\'"%@` \n#ab'.charAt((number >> 8) % 20))],
  'random bytes': [
    'not-utf8',
    Uint8Array.from({ length: caps.fileBytes }, (_, at) => (at * 7_919 + at * at * 31) % 256),
  ],
  'half a surrogate pair in UTF-8': ['not-utf8', Uint8Array.from([0x61, 0x3a, 0x0a, 0x62, 0x20, 0xed, 0xa0, 0x80])],
  'an overlong slash': ['not-utf8', Uint8Array.from([0x61, 0xc0, 0xaf])],
  NUL: ['yaml-syntax', `${tenant}  values: {a: "\0"}\n`],
  'an escape sequence for terminals': ['yaml-syntax', `${tenant}  # \u001b[2J\n`],
  'a second byte order mark': ['yaml-syntax', `\ufeff\ufeff${tenant}`],
  'a lone carriage return': ['yaml-syntax', `${tenant}  # hidden\r  suspended: true\n`],
}

describe('hostile input', () => {
  for (const [name, [code, text]] of Object.entries(hostile)) {
    it(`${name}: ${code}`, ({ annotate }) => {
      const start = performance.now()
      const problems = problemsOf(text)
      const milliseconds = Math.round(performance.now() - start)
      expect(problems[0]?.code).toBe(code)
      expect(problems.length).toBeLessThanOrEqual(caps.problemsPerFile)
      for (const { place } of problems) expect(place?.line).toBeGreaterThan(0)
      return annotate(`${milliseconds} ms`)
    })
  }
})

describe('prototypes', () => {
  it('stay as they are, whatever the keys', () => {
    for (const key of [
      '__proto__',
      '"__proto__"',
      "'__proto__'",
      '? __proto__\n    ',
      'constructor',
      'prototype',
      '"\\x5f_proto__"',
    ]) {
      const problems = problemsOf(`${tenant}  values:\n    ${key}: {polluted: yes}\n`)
      expect(problems.map(({ code }) => code)).toEqual(['refused-key'])
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})
