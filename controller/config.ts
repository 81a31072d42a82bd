import { join, resolve } from 'node:path'

/** What the program was told by its surroundings, once and for all. The only reader of the environment. */
export interface Config {
  readonly isTerminal: boolean
  readonly hasColor: boolean
  readonly columns: number
  readonly folder: string
  /** Token for an https remote. */
  readonly gitToken: string | undefined
  readonly apiUrl: string | undefined
  readonly tokenFile: string | undefined
  readonly logLevel: string
  /** File with the age identity that opens secrets files; that of the state folder where absent. */
  readonly ageKeyFile: string | undefined
}

export function readConfig(): Config {
  const { env, stdout } = process
  const isTerminal = stdout.isTTY && env['CI'] === undefined
  return Object.freeze({
    isTerminal,
    hasColor: env['NO_COLOR'] === undefined && (isTerminal || env['FORCE_COLOR'] !== undefined),
    columns: stdout.columns ?? 100,
    folder: process.cwd(),
    gitToken: env['HEADWATER_GIT_TOKEN'],
    apiUrl: env['HEADWATER_URL'],
    tokenFile: env['HEADWATER_TOKEN_FILE'],
    logLevel: env['HEADWATER_LOG'] ?? 'warn',
    ageKeyFile: env['HEADWATER_AGE_KEY_FILE'],
  })
}

/** Where the controller keeps what it must not lose: database, key, token, mirror. */
export function stateFolder(repo: string, told: string | undefined): string {
  return told === undefined ? join(resolve(repo), '.headwater') : resolve(told)
}

/** Where programs such as git are looked for. */
export function programPath(): string {
  return process.env['PATH'] ?? ''
}

/** For compiled code of this version: commands, threads and hosts start in half the time with it. */
export const codeCache = join(import.meta.dirname, '..', 'node_modules', '.cache', 'headwater')
