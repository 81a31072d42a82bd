import { Composer, type Document, type ErrorCode, Parser } from 'yaml'
import { type Source, placeAt } from './document-source.ts'
import { type Problem, problem } from './problems.ts'
import { wordsForSyntax } from './yaml-syntax-words.ts'

type Composed =
  | { readonly kind: 'composed'; readonly document: Document.Parsed }
  | { readonly kind: 'problems'; readonly problems: Problem[] }

interface Finding {
  readonly offset: number
  readonly code: ErrorCode
  readonly message: string
}

/** Later ones are mostly echoes of the first. */
const shownErrors = 3
/** Each costs a stack trace, so garbage is left early. */
const collectedErrors = 20

/** Makes the tree of nodes of a text that `prescanYaml` let through. Duplicate keys are not looked at here: the library's check is quadratic. */
export function composeYaml(source: Source): Composed {
  const findings: Finding[] = []
  const add = (offset: number, code: ErrorCode, message: string) => {
    // The composer catches some errors and reports them, so this one may come back as a message.
    if (findings.length >= collectedErrors) throw enough
    findings.push({ offset, code, message })
  }
  const composer = new Composer({ version: '1.2', schema: 'core', merge: false, uniqueKeys: false, strict: true })
  const onError: ComposeErrorHandler = (at, code, message) =>
    add(typeof at === 'number' ? at : 'offset' in at ? at.offset : at[0], code, message)
  composer['onError'] = onError

  let document: Document.Parsed | undefined
  try {
    for (const token of new Parser().parse(source.text)) {
      if (token.type === 'error') add(token.offset, 'UNEXPECTED_TOKEN', token.message)
      else for (const composed of composer.next(token)) document ??= composed
    }
    for (const composed of composer.end(true, source.text.length)) document ??= composed
  } catch (thrown) {
    if (thrown !== enough) throw thrown
  }
  if (document && findings.length === 0) {
    for (const { pos, code, message } of [...document.errors, ...document.warnings])
      findings.push({ offset: pos[0], code, message })
    if (findings.length === 0) return { kind: 'composed', document }
  }
  return { kind: 'problems', problems: toProblems(source, findings) }
}

/** What the composer calls; its own type is not exported. */
type ComposeErrorHandler = (
  at: number | readonly [number, ...number[]] | { offset: number },
  code: ErrorCode,
  message: string,
) => void

const enough = Symbol('enough')

function toProblems(source: Source, findings: readonly Finding[]): Problem[] {
  const problems: Problem[] = []
  const lines = new Set<number>()
  for (const { offset, code, message } of findings.toSorted((a, b) => a.offset - b.offset)) {
    const place = placeAt(source, Math.min(Math.max(0, offset), source.text.length))
    if (lines.has(place.line)) continue
    lines.add(place.line)
    const { words, hint } = wordsForSyntax(code, message)
    problems.push(problem('yaml-syntax', words, { place, ...(hint ? { hint } : {}) }))
    if (problems.length === shownErrors) break
  }
  return problems
}
