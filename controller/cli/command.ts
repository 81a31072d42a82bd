import type { Config } from '../config.ts'
import type { Problem } from '../core/model/problems.ts'
import type { Output } from './output.ts'

/** 0 fine, 1 the answer is no, 2 wrong use, 3 could not do it. */
export type ExitCode = 0 | 1 | 2 | 3

export interface Call {
  readonly args: readonly (string | undefined)[]
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  readonly format: string
  readonly out: Output
  readonly config: Config
}

/** A command as data: the parser, `--help` and docs/reference/cli.md are made from it. */
export interface Command {
  /** `run show` is the subcommand `show` of `run`. */
  readonly name: string
  readonly summary: string
  /** `<needed>` or `[optional]`, each with what it means. */
  readonly args?: readonly (readonly [string, string])[]
  readonly options?: readonly (readonly [string, string])[]
  readonly examples: readonly string[]
  /** Output formats beside text and json. */
  readonly formats?: readonly string[]
  run(call: Call): Promise<ExitCode>
}

/** Ends a command with a problem and an exit code. */
export class CommandError extends Error {
  readonly problem: Problem
  readonly exitCode: ExitCode

  constructor(problem: Problem, exitCode: ExitCode) {
    super(problem.message)
    this.problem = problem
    this.exitCode = exitCode
  }
}

export function text(call: Call, option: string): string | undefined {
  const value = call.options[option]
  return typeof value === 'string' ? value : undefined
}

/** The values of an option that may be given several times. */
export function texts(call: Call, option: string): readonly string[] {
  const value = call.options[option]
  return Array.isArray(value) ? (value as readonly string[]) : []
}
