import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { problem } from '../core/model/problems.ts'
import { type Call, CommandError } from './command.ts'

/** A file that the command line names; its path counts from the current folder. */
export function readGiven({ config }: Call, file: string): string {
  try {
    return readFileSync(resolve(config.folder, file), 'utf8')
  } catch (cause) {
    const message = `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new CommandError(problem('wrong-value', message, { hint: 'name a file that is there' }), 3)
  }
}
