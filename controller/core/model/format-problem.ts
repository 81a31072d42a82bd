import { columnsOf, showLine, showSafely } from './terminal-text.ts'
import { type Place, type Problem, type ProblemCode, problemCodes } from './problems.ts'

export type ProblemStyle = 'red' | 'yellow' | 'bold' | 'dim'

export interface ProblemTextOptions {
  /** Puts a style around a text, as `styleText` of node:util does; none where absent. */
  readonly style?: (style: ProblemStyle, text: string) => string
}

const colors = { error: 'red', warning: 'yellow' } as const

/** Characters shown before and after the mark of a long line. */
const context = 80

/** A problem as a good compiler prints it: place, cause, line with a mark, and one next step. */
export function formatProblem(problem: Problem, options: ProblemTextOptions = {}): string {
  const style = options.style ?? ((_, text) => text)
  const { place, severity, code } = problem
  const where = place ? `${style('bold', `${showSafely(place.file)}:${place.line}:${place.column}`)} ` : ''
  const lines = [`${where}${style(colors[severity], `${severity} ${code}`)}: ${showSafely(problem.message)}`]
  if (place?.text !== undefined) lines.push(...excerpt(place, place.text, severity, style))
  const footer = [problem.tenant && `tenant ${problem.tenant}`, problem.hint ?? nextStep(problem)].filter(
    (part) => part !== undefined,
  )
  if (footer.length > 0) lines.push(style('dim', `  ${showSafely(footer.join(' · '))}`))
  return lines.join('\n')
}

function excerpt(
  place: Place,
  text: string,
  severity: Problem['severity'],
  style: NonNullable<ProblemTextOptions['style']>,
): string[] {
  const start = place.column - 1
  const end = start + markedLength(text, start)
  const from = start > context ? start - context : 0
  const before = `${from > 0 ? '…' : ''}${showLine(text.slice(from, start))}`
  const marked = showLine(text.slice(start, Math.min(end, start + context)))
  const after = showLine(text.slice(start + context < end ? start + context : end, start + 2 * context))
  const more = text.length > start + 2 * context ? '…' : ''
  const margin = String(place.line).padStart(4)
  return [
    `${style('dim', `${margin} |`)} ${before}${marked}${after}${more}`.trimEnd(),
    `${style('dim', `${' '.repeat(margin.length)} |`)} ${' '.repeat(columnsOf(before))}${style(colors[severity], '^'.repeat(Math.max(1, columnsOf(marked))))}`,
  ]
}

/** The word at a column: quoted text with its quotes, a bracket alone, else up to what ends a key or a value. */
function markedLength(text: string, start: number): number {
  const rest = text.slice(start)
  const match = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[[\]{},]|[^\s:,\]}]+(?:[:,\]}](?!\s|$)[^\s:,\]}]*)*)/.exec(rest)
  return match?.[0].length ?? 1
}

/** Their messages say what is expected, and the general advice would only repeat that. */
const selfExplaining = new Set<ProblemCode>(['unknown-field', 'wrong-type', 'wrong-value', 'yaml-syntax'])

/** What the table of codes proposes, where the problem itself has no hint: the part after its colon. */
function nextStep({ code }: Problem): string | undefined {
  if (selfExplaining.has(code)) return undefined
  const [, step] = problemCodes[code].split(/: (.*)/s)
  return step?.replace(/\.$/, '')
}
