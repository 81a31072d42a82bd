import { describe, expect, it } from 'vitest'
import { caps } from '../../../controller/core/model/caps.ts'
import { marksOf, tenant } from './gate-text.ts'

const values = `${tenant}  values:\n`
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join('')

/** Each limit of the gate, kept and overstepped by one; root, spec, values and the value itself count as levels. */
describe('caps of the parse gate', () => {
  it('fileBytes', () => {
    const filled = (bytes: number) => `${tenant}#${'x'.repeat(bytes - tenant.length - 1)}`
    expect(marksOf(filled(caps.fileBytes))).toEqual([])
    expect(marksOf(filled(caps.fileBytes + 1))).toEqual(['file-too-large:1:1'])
    expect(marksOf(`\ufeff${filled(caps.fileBytes - 3)}`)).toEqual([])
    expect(marksOf(`\ufeff${filled(caps.fileBytes - 2)}`)).toEqual(['file-too-large:1:1'])
  })

  it('fileLines', () => {
    const filled = (lines: number) => tenant + '#\n'.repeat(lines - tenant.split('\n').length + 1)
    expect(marksOf(filled(caps.fileLines))).toEqual([])
    expect(marksOf(filled(caps.fileLines + 1))).toEqual(['file-too-large:1:1'])
  })

  it('depth in brackets', () => {
    const nested = (levels: number) => `${values}    a: ${'['.repeat(levels)}${']'.repeat(levels)}\n`
    expect(marksOf(nested(caps.depth - 3))).toEqual([])
    expect(marksOf(nested(caps.depth - 2))).toEqual([`too-deep:7:${8 + caps.depth - 3}`])
    const maps = (levels: number) => `${values}    a: ${'{a: '.repeat(levels)}${'}'.repeat(levels)}\n`
    expect(marksOf(maps(caps.depth - 3))).toEqual([])
    expect(marksOf(maps(caps.depth - 2))).toEqual([`too-deep:7:${8 + 4 * (caps.depth - 3)}`])
  })

  it('depth in blocks', () => {
    const nested = (levels: number) => values + times(levels, (level) => `${' '.repeat(4 + level)}a:\n`)
    expect(marksOf(nested(caps.depth - 2))).toEqual([])
    expect(marksOf(nested(caps.depth - 1))).toEqual([`too-deep:${caps.depth + 5}:${caps.depth + 4}`])
  })

  it('depth in compact items', () => {
    const nested = (levels: number) => `${values}    a:\n    ${'- '.repeat(levels)}1\n`
    expect(marksOf(nested(caps.depth - 3))).toEqual([])
    expect(marksOf(nested(caps.depth - 2))).toEqual([`too-deep:8:${5 + 2 * (caps.depth - 3)}`])
  })

  it('keys', () => {
    const filled = (keys: number) => values + times(keys, (key) => `    k${key}: 1\n`)
    expect(marksOf(filled(caps.keys))).toEqual([])
    expect(marksOf(filled(caps.keys + 1))).toEqual(['too-many-keys:7:5'])
  })

  it('values', () => {
    // Beside the items: root, apiVersion, kind, metadata, its two fields, spec, displayName, values and the list.
    const filled = (items: number) => `${values}    a:\n${'    - 1\n'.repeat(items)}`
    expect(marksOf(filled(caps.values - 10))).toEqual([])
    expect(marksOf(filled(caps.values - 9))).toEqual([expect.stringMatching(/^too-many-values:/)])
  })

  it('problemsPerFile', () => {
    const filled = (count: number) => tenant + times(count, (key) => `  unknown${key}: 1\n`)
    expect(marksOf(filled(caps.problemsPerFile))).toHaveLength(caps.problemsPerFile)
    const marks = marksOf(filled(caps.problemsPerFile + 1))
    expect(marks).toHaveLength(caps.problemsPerFile)
    expect(marks.at(-1)).toBe(`unknown-field:${5 + caps.problemsPerFile}:3`)
    const anchors = `${values}${times(caps.problemsPerFile + 1, (key) => `    k${key}: &a 1\n`)}`
    expect(marksOf(anchors)).toHaveLength(caps.problemsPerFile)
    const duplicates = `${values}${'    k: 1\n'.repeat(caps.problemsPerFile + 2)}`
    expect(marksOf(duplicates)).toHaveLength(caps.problemsPerFile)
  })
})
