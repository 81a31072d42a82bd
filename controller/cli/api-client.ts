import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stateFolder } from '../config.ts'
import { problem } from '../core/model/problems.ts'
import { type Call, CommandError, text } from './command.ts'

/** Options of every command that speaks to a running controller. */
export const onlineOptions = [
  ['--url <url>', 'address of the controller (default: that of the state folder)'],
  ['--state <dir>', 'state folder of the controller on this machine (default: .headwater)'],
] as const

export interface ApiClient {
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
}

/** Speaks to the controller of this machine, or to the one that HEADWATER_URL or `--url` names. */
export function openApi(call: Call): ApiClient {
  const folder = stateFolder(call.config.folder, text(call, 'state'))
  const url = text(call, 'url') ?? call.config.apiUrl ?? readState(folder, 'url')
  const token = call.config.tokenFile === undefined ? readState(folder, 'token') : read(call.config.tokenFile)

  async function send<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    let response: Response
    try {
      response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    } catch {
      throw new CommandError(problem('no-controller', `nothing answers at ${url}`), 3)
    }
    const answer = (await response.json()) as T & { error?: { code: string; message: string } }
    if (response.ok) return answer
    const message = answer.error?.message ?? `the controller answered ${response.status}`
    throw new CommandError(problem('refused', message), response.status >= 500 ? 3 : 1)
  }
  return { get: (path) => send('GET', path), post: (path, body) => send('POST', path, body) }
}

function readState(folder: string, name: string): string {
  return read(join(folder, name))
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    throw new CommandError(problem('no-controller', `there is no ${file}`), 3)
  }
}
