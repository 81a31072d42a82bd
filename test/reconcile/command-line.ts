import { commandsOf } from '../../controller/cli/commands/index.ts'
import { runProgram } from '../../controller/cli/program.ts'
import { readConfig } from '../../controller/config.ts'
import { type Files, git, newRepository } from '../io/git/repositories.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command of `headwater` in this process, in the folder of a fleet; its words are separate, as a shell would hand them over. */
export async function run(folder: string, words: readonly string[], hasColor = false): Promise<Ran> {
  const written = { out: '', err: '' }
  const streams = {
    stdout: { write: (text: string) => (written.out += text) },
    stderr: { write: (text: string) => (written.err += text) },
    hasColor,
  }
  const commands = commandsOf(() => Promise.reject(new Error('no controller here')))
  const code = await runProgram(commands, words, { ...readConfig(), folder }, streams)
  return { code, ...written }
}

/** The same with `-o json`, parsed. */
export async function runJson(
  folder: string,
  words: readonly string[],
): Promise<{ code: number; json: ReturnType<typeof JSON.parse> }> {
  const { code, out } = await run(folder, [...words, '-o', 'json'])
  return { code, json: JSON.parse(out) }
}

/** A repository with the files committed on main, in the name of Ada. */
export function fleetAt(...parts: readonly Files[]): string {
  const root = newRepository(Object.assign({}, ...parts))
  git(root, ['config', 'user.name', 'Ada'])
  git(root, ['config', 'user.email', 'ada@example.com'])
  return root
}
