import { commandsOf } from '../../../controller/cli/commands/index.ts'
import { runProgram } from '../../../controller/cli/program.ts'
import { readConfig } from '../../../controller/config.ts'
import { commitAll, git } from '../../io/git/repositories.ts'
import { copyStarterFleet } from '../../e2e/controller-process.ts'

export interface Answer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `headwater` in this process, for cases of many commands: starting one takes longer than all of its work. */
export async function headwaterHere(args: readonly string[], folder = '/'): Promise<Answer> {
  const written = { stdout: '', stderr: '' }
  const streams = {
    stdout: { write: (text: string) => (written.stdout += text) },
    stderr: { write: (text: string) => (written.stderr += text) },
    hasColor: false,
  }
  const noController = () => Promise.reject(new Error('no case here starts a controller'))
  const code = await runProgram(commandsOf(noController), args, { ...readConfig(), folder }, streams)
  return { code, ...written }
}

/** The starter fleet as a repository of Ada's, with one commit on main. */
export function starterRepository(path: string): void {
  copyStarterFleet(path)
  git(path, ['init', '-q', '-b', 'main'])
  git(path, ['config', 'user.name', 'Ada'])
  git(path, ['config', 'user.email', 'ada@example.com'])
  commitAll(path)
}
