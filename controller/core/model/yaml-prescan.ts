import { CST, Lexer } from 'yaml'
import { caps } from './caps.ts'
import { type Source, placeAt } from './document-source.ts'
import { type Problem, problem } from './problems.ts'
import { type Refusal, follow, newNesting, quoteIt, unclosed } from './yaml-nesting.ts'

/**
 * Reads the tokens of a text, without recursion and in linear time, and refuses what must not reach the composer:
 * anchors, aliases, tags, directives, a second document, and nesting that would exhaust its stack.
 */
export function prescanYaml(source: Source): Problem[] {
  const refusals: Refusal[] = []
  for (const refusal of scan(source.text)) if (refusals.push(refusal) >= caps.problemsPerFile) break
  return refusals.map(({ code, offset, message, hint }) =>
    problem(code, message, { place: placeAt(source, offset), ...(hint ? { hint } : {}) }),
  )
}

function* scan(text: string): Generator<Refusal, void> {
  const nesting = newNesting()
  let offset = 0
  let lineStart = 0
  let isText = false
  let documents = 0
  let hasStart = false
  let tokens = 0

  for (const token of new Lexer().lex(text)) {
    const type: string | null = isText ? 'text' : CST.tokenType(token)
    isText = type === 'scalar'
    let refusal: Refusal | undefined
    switch (type) {
      case 'scalar':
        // A mark of the lexer and no text of the file, as are the next two.
        continue
      case 'doc-mode':
        if (++documents > 1) refusal = secondDocument(offset)
        break
      case 'flow-error-end':
        refusal = unclosed(nesting, 'before the text is indented less')
        break
      case 'doc-start':
        if (hasStart || tokens > 0) refusal = secondDocument(offset)
        hasStart = true
        break
      case 'directive-line':
        refusal = { code: 'yaml-directive', offset, message: 'a directive stands here' }
        break
      case 'newline':
        nesting.keyColumn = -1
        break
      case 'space':
      case 'comment':
      case 'doc-end':
        break
      case 'anchor':
        yield { code: 'yaml-anchor', offset, message: `\`${shorten(token)}\` names a value`, hint: quoteIt }
        break
      case 'alias':
        yield { code: 'yaml-anchor', offset, message: `\`${shorten(token)}\` repeats a named value`, hint: quoteIt }
        break
      case 'tag':
        yield { code: 'yaml-tag', offset, message: `the tag \`${shorten(token)}\` stands here`, hint: quoteIt }
        break
      default:
        refusal = unclosedQuotes(type, token, offset) ?? follow(nesting, type, token, offset, offset - lineStart)
        // A value takes four tokens beside its comma at most, `? key : value`, and a cheap end here keeps garbage cheap.
        if (++tokens > 4 * caps.values) refusal ??= tooManyValues(offset)
    }
    if (refusal) {
      yield refusal
      return
    }
    if (type === 'doc-mode' || type === 'flow-error-end') continue
    const newline = token.lastIndexOf('\n')
    if (newline !== -1) lineStart = offset + newline + 1
    offset += token.length
  }
  const open = unclosed(nesting, 'before the end of the file')
  if (open) yield open
}

/** The composer would report them at the end of the file. */
function unclosedQuotes(type: string | null, token: string, offset: number): Refusal | undefined {
  const isQuoted = type === 'single-quoted-scalar' || type === 'double-quoted-scalar'
  if (!isQuoted || (token.length > 1 && token.at(-1) === token[0])) return undefined
  return { code: 'yaml-syntax', offset, message: 'the quotes are not closed' }
}

function secondDocument(offset: number): Refusal {
  return { code: 'yaml-several-documents', offset, message: 'a second document begins here' }
}

function tooManyValues(offset: number): Refusal {
  return { code: 'too-many-values', offset, message: `the file holds more than ${caps.values} values` }
}

function shorten(token: string): string {
  return token.length > 40 ? `${token.slice(0, 40)}…` : token
}
