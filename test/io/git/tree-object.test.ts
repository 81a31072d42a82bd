import { describe, expect, test } from 'vitest'
import { emptyTreeId, objectId } from '../../../controller/io/git/object-id.ts'
import { encodeTree, parseTree, treeOrder } from '../../../controller/io/git/tree-object.ts'

describe('tree objects', () => {
  test('what is encoded is read back', () => {
    const rows = [
      { mode: '100644', name: 'a.yaml', oid: '1'.repeat(40) },
      { mode: '40000', name: 'ä', oid: 'f'.repeat(40) },
    ]
    expect(parseTree('x', encodeTree(rows))).toEqual(rows.map((row) => ({ ...row, exact: true })))
    expect(objectId('tree', encodeTree([]))).toBe(emptyTreeId)
  })

  test.each([
    ['no space', 'abc'],
    ['no end of the name', '100644 abc'],
    ['a short id', '100644 abc\0short'],
  ])('a tree with %s is an error that names it', (_, text) => {
    expect(() => parseTree('the-tree', Buffer.from(text))).toThrow('the-tree is broken')
  })

  test('a folder sorts as if its name ended in a slash', () => {
    const rows = ['a', 'a-b', 'a.yaml', 'a0'].map((name) => ({ name, mode: name.includes('.') ? '100644' : '40000' }))
    expect(rows.toSorted(treeOrder).map(({ name }) => name)).toEqual(['a-b', 'a.yaml', 'a', 'a0'])
  })
})
