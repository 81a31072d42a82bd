import { runProgram } from './cli/program.ts'
import { commands } from './cli/commands/index.ts'
import { readConfig } from './config.ts'

const config = readConfig()
process.exitCode = await runProgram(commands, process.argv.slice(2), config, {
  stdout: process.stdout,
  stderr: process.stderr,
  hasColor: config.hasColor,
})
