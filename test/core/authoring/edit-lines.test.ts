import { expect, test } from 'vitest'
import { editLines } from '../../../controller/core/authoring/index.ts'

const lines = (...numbers: readonly (number | string)[]): string => numbers.map((number) => `${number}\n`).join('')
const shown = (before: string | null, after: string | null): string[] =>
  editLines(before, after).map(({ sign, text }) => `${sign}${text}`)

test.each<[string, string | null, string | null, string[]]>([
  ['a new file is all new', null, lines(1, 2), ['+1', '+2']],
  ['a removed file is all gone', lines(1, 2), null, ['-1', '-2']],
  ['equal texts show nothing', lines(1, 2), lines(1, 2), []],
  [
    'a change stands between three lines on each side',
    lines(1, 2, 3, 4, 5, 6, 7, 8, 9),
    lines(1, 2, 3, 4, 'x', 6, 7, 8, 9),
    ['@line 5', ' 2', ' 3', ' 4', '-5', '+x', ' 6', ' 7', ' 8'],
  ],
  [
    'an insert before everything is no new file',
    lines(1, 2, 3, 4, 5, 6, 7, 8, 9),
    lines(0, 1, 2, 3, 4, 5, 6, 7, 8, 'x'),
    ['@line 1', '+0', ' 1', ' 2', ' 3', '@line 9', ' 6', ' 7', ' 8', '-9', '+x'],
  ],
  [
    'changes near each other are one piece',
    lines(1, 2, 3, 4, 5),
    lines('a', 2, 3, 4, 'b'),
    ['@line 1', '-1', '+a', ' 2', ' 3', ' 4', '-5', '+b'],
  ],
  ['line ends do not count', '1\r\n2\r\n', '1\n3\n', ['@line 2', ' 1', '-2', '+3']],
])('%s', (_, before, after, expected) => {
  expect(shown(before, after)).toEqual(expected)
})
