import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../controller/core/model/format-problem.ts'
import { problem, warning } from '../../../controller/core/model/problems.ts'

const place = (text: string, column: number, line = 7) => ({ file: 'tenants/acme/tenant.yaml', line, column, text })
const markOf = (text: string, column: number) =>
  formatProblem(problem('wrong-value', 'x', { place: place(text, column) }))
    .split('\n')
    .slice(1)

describe('formatProblem', () => {
  it('prints place, cause, line with a mark, tenant and next step', () => {
    const text = formatProblem(
      problem('unknown-field', 'unknown field `requireApprovl`', {
        place: {
          file: 'tenants/acme/north/contoso/overlays/phishing-response.yaml',
          line: 7,
          column: 5,
          text: '    requireApprovl: true',
        },
        tenant: 'acme/north/contoso',
        hint: 'did you mean `requireApproval`?',
      }),
    )
    expect(
      text,
    ).toBe(`tenants/acme/north/contoso/overlays/phishing-response.yaml:7:5 error unknown-field: unknown field \`requireApprovl\`
   7 |     requireApprovl: true
     |     ^^^^^^^^^^^^^^
  tenant acme/north/contoso · did you mean \`requireApproval\`?`)
  })

  it('falls back to the advice of the code, and needs no place', () => {
    expect(formatProblem(warning('missing-tenant', 'no tenant.yaml'))).toBe(
      'warning missing-tenant: no tenant.yaml\n  add one',
    )
  })

  it('marks the word at the column', () => {
    expect(markOf('  updates: never # x', 12)).toEqual(['   7 |   updates: never # x', '     |            ^^^^^'])
    expect(markOf('  a: "b, c" ', 6)[1]).toBe('     |      ^^^^^^')
    expect(markOf("  a: 'it''s'", 6)[1]).toBe('     |      ^^^^^^^')
    expect(markOf('  url: https://a:8080/x, b', 8)[1]).toBe('     |        ^^^^^^^^^^^^^^^^')
    expect(markOf('{a: [1, 2}', 10)[1]).toBe('     |          ^')
    expect(markOf('', 1)).toEqual(['   7 |', '     | ^'])
    expect(markOf('abc', 4)[1]).toBe('     |    ^')
  })

  it('puts the mark under wide characters, joined emoji and tabs', () => {
    expect(markOf('名前: 東京', 5)).toEqual(['   7 | 名前: 東京', '     |       ^^^^'])
    expect(markOf('👩‍💻: x', 8)[1]).toMatch(/^ {5}\| +\^$/)
    expect(markOf('\ta: x', 5)).toEqual(['   7 |     a: x', '     |        ^'])
    expect(markOf('e\u0301: x', 5)[1]).toBe('     |    ^')
  })

  it('shows what could steer a terminal as an escape', () => {
    const text = formatProblem(
      problem('bad-path', 'path \u001b]0;x\u0007 \u202egpj.exe', {
        place: { ...place('a: \u001b[31m\u009b1m', 4), file: 'a\nb\u001b.yaml' },
        tenant: 'x\r',
      }),
    )
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
    expect(text.split('\n')).toHaveLength(4)
    expect(text).toContain('\\x1b[31m')
    expect(text).toContain('\\u202egpj')
  })

  it('cuts a long line around the mark', () => {
    const [line, mark] = markOf(`${'x'.repeat(1_000)} wrong ${'y'.repeat(1_000)}`, 1_002)
    expect(line?.length).toBeLessThan(260)
    expect(line?.slice(mark?.indexOf('^'), (mark?.lastIndexOf('^') ?? 0) + 1)).toBe('wrong')
  })

  it('takes colour from outside', () => {
    const text = formatProblem(problem('locked', 'x', { place: place('a: b', 4) }), {
      style: (style, part) => `<${style}>${part}</>`,
    })
    expect(text).toContain('<bold>tenants/acme/tenant.yaml:7:4</> <red>error locked</>: x')
    expect(text).toContain('<red>^</>')
    expect(text).toContain('<dim>  remove the change or ask the owner for an exemption</>')
  })
})
