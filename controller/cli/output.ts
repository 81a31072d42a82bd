import { styleText } from 'node:util'
import Table from 'cli-table3'
import { formatProblem } from '../core/model/format-problem.ts'
import { isError, type Problem } from '../core/model/problems.ts'

type Style = Parameters<typeof styleText>[0]

/** Where a command writes: data to one stream, progress and remarks to the other. */
export interface Output {
  readonly isJson: boolean
  /** A line of data. */
  line(text?: string): void
  /** The one JSON document of the command. */
  json(value: unknown): void
  /** A line that is not data: progress, counts, hints. */
  remark(text: string): void
  problems(problems: readonly Problem[]): void
  table(head: readonly string[], rows: readonly (readonly string[])[]): void
  style(style: Style, text: string): string
}

export interface Streams {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly hasColor: boolean
}

export function createOutput(streams: Streams, isJson: boolean): Output {
  const style = (wanted: Style, text: string): string =>
    streams.hasColor ? styleText(wanted, text, { validateStream: false }) : text
  const line = (text = ''): void => void streams.stdout.write(`${text}\n`)
  return {
    isJson,
    line,
    style,
    json: (value) => line(JSON.stringify(value, null, 2)),
    remark: (text) => void streams.stderr.write(`${text}\n`),
    problems: (problems) => {
      for (const item of problems) line(`${formatProblem(item, { style })}\n`)
    },
    table: (head, rows) => {
      if (rows.length === 0) return
      const table = new Table({
        head: head.map((text) => style('dim', text)),
        style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
        chars: noBorders,
      })
      table.push(...rows.map((row) => [...row]))
      for (const row of table.toString().split('\n')) line(row.trimEnd())
    },
  }
}

const noBorders = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((name) => [name, '']),
)

export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : noun.endsWith('s') || noun.endsWith('x') ? 'es' : 's'}`
}

export function countProblems(problems: readonly Problem[]): string {
  const errors = problems.filter(isError).length
  return countFindings({ errors, warnings: problems.length - errors })
}

export function countFindings({ errors, warnings }: { readonly errors: number; readonly warnings: number }): string {
  return (
    [errors > 0 ? count(errors, 'error') : '', warnings > 0 ? count(warnings, 'warning') : '']
      .filter(Boolean)
      .join(', ') || 'no problems'
  )
}
