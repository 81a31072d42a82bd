import { Command as Commander, CommanderError } from 'commander'
import type { Config } from '../config.ts'
import { isProblemCode, problem, problemCodes } from '../core/model/problems.ts'
import { type Command, CommandError, type ExitCode } from './command.ts'
import { createOutput, type Output, type Streams } from './output.ts'

/** What stands for several commands of two words and is none itself. */
const groups: Readonly<Record<string, string>> = {
  bulk: 'runs of one workflow for many tenants',
  pr: 'pull requests of a repository on this machine',
  secret: 'secrets of connections, encrypted in the fleet',
}

const epilogue = `
Exit codes: 0 fine, 1 the answer is no (problems, conflicts, denied), 2 wrong use, 3 could not do it.
Every command takes -o json. Documentation: docs/README.md`

/** Parses the arguments, runs the command they name and answers with the exit code. */
export async function runProgram(
  commands: readonly Command[],
  argv: readonly string[],
  config: Config,
  streams: Streams,
): Promise<ExitCode> {
  let code: ExitCode = 0
  const program = new Commander('headwater')
    .description('GitOps workflow-as-code for managed service providers.')
    .exitOverride()
    // Options after `run show` are its own, although `run` has some of the same name.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: (text) => void streams.stderr.write(text),
    })
    .showHelpAfterError('(headwater --help shows the commands)')
    .addHelpText('after', epilogue)
  for (const command of commands) addCommand(program, command, config, streams, (result) => (code = result))
  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
    const out = createOutput(streams, argv.includes('json'))
    const failure = toCommandError(thrown)
    report(out, failure)
    return failure.exitCode
  }
}

function addCommand(
  program: Commander,
  command: Command,
  config: Config,
  streams: Streams,
  done: (code: ExitCode) => void,
): void {
  const [first, second] = command.name.split(' ') as [string, string?]
  const parent =
    second === undefined
      ? program
      : (program.commands.find((known) => known.name() === first) ??
        program.command(first).description(groups[first] ?? ''))
  const built = parent
    .command(second ?? first)
    .description(command.summary)
    .exitOverride()
  for (const [name, meaning] of command.args ?? []) built.argument(name, meaning)
  for (const [flags, meaning] of command.options ?? []) built.option(flags, meaning)
  const formats = ['text', 'json', ...(command.formats ?? [])]
  built.option('-o, --output <format>', formats.join(', '), 'text')
  built.addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}`).join('\n')}`)
  built.action(async (...values: unknown[]) => {
    const options = built.opts<Record<string, string | boolean | readonly string[] | undefined>>()
    const format = String(options['output'])
    if (!formats.includes(format))
      throw new CommandError(problem('wrong-value', `\`${format}\` is no output format: use ${formats.join(', ')}`), 2)
    const args = values.slice(0, (command.args ?? []).length) as (string | undefined)[]
    done(await command.run({ args, options, format, out: createOutput(streams, format === 'json'), config }))
  })
}

function toCommandError(thrown: unknown): CommandError {
  if (thrown instanceof CommandError) return thrown
  if (thrown instanceof Error && 'code' in thrown && isProblemCode(thrown.code)) {
    return new CommandError(problem(thrown.code, thrown.message), 3)
  }
  // Anything else is a mistake of the program: its stack is what helps.
  throw thrown
}

function report(out: Output, { problem: cause }: CommandError): void {
  if (out.isJson) {
    out.json({ error: cause })
    return
  }
  const where = cause.place ? `${cause.place.file}:${cause.place.line}:${cause.place.column}: ` : ''
  const tenant = cause.tenant === undefined ? '' : ` (tenant ${cause.tenant})`
  out.remark(`${out.style('red', 'error')} ${cause.code}: ${where}${cause.message}${tenant}`)
  out.remark(`  ${cause.hint ?? problemCodes[cause.code]}`)
}
