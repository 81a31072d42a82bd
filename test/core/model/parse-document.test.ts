import { describe, expect, it } from 'vitest'
import { parseDocument } from '../../../controller/core/model/parse-document.ts'
import { parseText, problemsOf, tenant } from './gate-text.ts'

describe('parseDocument', () => {
  it('hands out one frozen value, of maps without a prototype', () => {
    const verdict = parseText(`${tenant}  contacts:\n    - {role: soc, email: soc@contoso.example}\n`)
    if (verdict.kind !== 'parsed' || verdict.resource.kind !== 'Tenant') throw new Error('expected a tenant')
    const { resource } = verdict
    for (const value of [
      resource,
      resource.metadata,
      resource.spec,
      resource.spec.contacts,
      resource.spec.contacts?.[0],
    ]) {
      expect(Object.isFrozen(value)).toBe(true)
      expect(Array.isArray(value) || Object.getPrototypeOf(value) === null).toBe(true)
    }
    expect(() => Object.assign(resource.spec, { displayName: 'Fabrikam' })).toThrow(TypeError)
  })

  it('keeps a document out of a place for another kind', () => {
    const bytes = new TextEncoder().encode(tenant)
    expect(parseDocument({ file: 'a.yaml', bytes, kinds: ['Tenant'] }).kind).toBe('parsed')
    const verdict = parseDocument({ file: 'a.yaml', bytes, kinds: ['Overlay', 'Share'] })
    expect(verdict).toMatchObject({
      kind: 'problems',
      problems: [
        {
          code: 'misplaced-file',
          message: 'a Tenant does not belong here, expected Overlay or Share',
          place: { line: 2, column: 7 },
        },
      ],
    })
  })

  it('takes a byte order mark as no part of the text', () => {
    expect(parseText(`\ufeff${tenant}`).kind).toBe('parsed')
    expect(problemsOf(`\ufeff${tenant.replace('Tenant', 'Tenat')}`)[0]?.place).toMatchObject({ line: 2, column: 7 })
  })

  it('reads Windows line ends, and shows lines without them', () => {
    expect(parseText(tenant.replaceAll('\n', '\r\n')).kind).toBe('parsed')
    const [problem] = problemsOf(`${tenant}  updates: never\n`.replaceAll('\n', '\r\n'))
    expect(problem?.place).toEqual({ file: 'a.yaml', line: 6, column: 12, text: '  updates: never' })
  })

  it('names the line that is not UTF-8', () => {
    const bytes = Uint8Array.from([...new TextEncoder().encode('a: é\nb: '), 0xff, 0x0a])
    expect(problemsOf(bytes)).toMatchObject([{ code: 'not-utf8', place: { line: 2, column: 4 } }])
    const utf16 = Uint8Array.from([0xff, 0xfe, 0x61, 0x00])
    expect(problemsOf(utf16)).toMatchObject([
      { code: 'not-utf8', hint: 'the file looks like UTF-16: save it as UTF-8' },
    ])
  })

  it('names items of keyed lists by their keys in paths', () => {
    const problems = problemsOf(
      `${tenant}  contacts:\n    - {role: soc lead, email: a@b.c, phone: 1}\n    - {role: it, email: 7}\n    - {email: a@b.c}\n`,
    )
    expect(problems.map(({ path }) => path)).toEqual([
      '/spec/contacts/[role="soc lead"]/phone',
      '/spec/contacts/[role=it]/email',
      '/spec/contacts/2/role',
    ])
  })

  it('reports both what YAML and what the schema has against a file', () => {
    expect(problemsOf(`${tenant}  values: {a: 1, a: 2}\n  udpates: auto\n`).map(({ code }) => code)).toEqual([
      'duplicate-key',
      'unknown-field',
    ])
  })

  it('reports a misspelt required field once', () => {
    expect(problemsOf(tenant.replace('displayName', 'displayname')).map(({ code }) => code)).toEqual(['unknown-field'])
  })

  it('leaves null alone where values are free, and refuses it where they are declared', () => {
    expect(parseText(`${tenant}  values: {a: null, b: ~}\n`)).toMatchObject({
      resource: { spec: { values: { a: null, b: null } } },
    })
    expect(problemsOf(`${tenant}  updates: null\n`)).toMatchObject([
      { code: 'wrong-type', hint: 'leave the field out, or give it a value' },
    ])
  })
})
