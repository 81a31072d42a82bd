import { commandsOf } from './cli/commands/index.ts'
import { runProgram } from './cli/program.ts'
import { readConfig } from './config.ts'

// A reader such as `head` that has seen enough is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const config = readConfig()
// The controller is loaded by `up` alone: the other commands start in half the time without it.
const commands = commandsOf(async (options) => (await import('./start-controller.ts')).startController(options))
process.exitCode = await runProgram(commands, process.argv.slice(2), config, {
  stdout: process.stdout,
  stderr: process.stderr,
  hasColor: config.hasColor,
})
