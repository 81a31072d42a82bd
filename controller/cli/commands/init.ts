import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { problem } from '../../core/model/problems.ts'
import { type Call, type Command, CommandError, text } from '../command.ts'
import { commitNewFolder } from '../generate-fleet-commit.ts'
import { starterFleet } from '../generate-fleet-starter.ts'
import { generateFleet } from '../generate-fleet.ts'
import { count } from '../output.ts'

/** More would take hours to check out anywhere. */
const mostTenants = 100_000

export const init: Command = {
  name: 'init',
  summary: 'a new fleet to start from, as a git repository with one commit',
  args: [['[dir]', 'an empty folder, made where there is none (default: the current folder)']],
  options: [
    ['--generate <tenants>', 'instead of the small fleet a generated one of so many tenants, to try things at size'],
    ['--seed <number>', 'another generated fleet of the same shape (default: 1)'],
  ],
  examples: [
    'headwater init fleet',
    'headwater init big-fleet --generate 1000',
    'headwater init --generate 200 --seed 7',
  ],
  run: async (call) => {
    const { out, config } = call
    const folder = resolve(config.folder, call.args[0] ?? '.')
    const tenants = numberOf(call, 'generate', 1, mostTenants)
    const seed = numberOf(call, 'seed', 0, 2 ** 31 - 1)
    if (seed !== undefined && tenants === undefined)
      throw new CommandError(
        problem('wrong-value', '--seed chooses among generated fleets', { hint: 'add --generate <tenants>' }),
        2,
      )
    claimEmpty(folder)
    const files = new Map(
      tenants === undefined
        ? starterFleet(randomUUID)
        : generateFleet({ tenants, ...(seed !== undefined && { seed }) }),
    )
    const commit = await commitNewFolder(folder, files, new Date())
    const next = nextCommands(
      relative(config.folder, folder),
      tenants === undefined ? 'provider/customer-one' : 'north',
    )
    if (out.isJson) out.json({ folder, files: files.size, tenants: tenants ?? 2, commit, next })
    else {
      out.line(
        `${folder}: ${count(tenants ?? 2, 'tenant')}, ${count(files.size, 'file')}, commit ${commit.slice(0, 10)}`,
      )
      out.line('Next:')
      for (const line of next) out.line(`  ${line}`)
    }
    return 0
  },
}

function nextCommands(folder: string, tenant: string): readonly string[] {
  const repo =
    folder === '' ? '' : ` --repo ${/^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`}`
  return [`headwater validate${repo}`, `headwater render ${tenant}${repo}`, `headwater up --sandbox${repo}`]
}

function claimEmpty(folder: string): void {
  const refuse = (message: string): never => {
    throw new CommandError(
      problem('wrong-value', message, { hint: 'name an empty folder, or one that is not there yet' }),
      3,
    )
  }
  try {
    mkdirSync(folder, { recursive: true })
    if (readdirSync(folder).length === 0) return
  } catch (cause) {
    refuse(`${folder} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  refuse(`${folder} is not empty, and nothing in it is touched`)
}

function numberOf(call: Call, option: string, least: number, most: number): number | undefined {
  const given = text(call, option)
  if (given === undefined) return undefined
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN
  if (value >= least && value <= most) return value
  const message = `--${option} takes a whole number from ${least} to ${most.toLocaleString('en-US')}, not \`${given}\``
  throw new CommandError(problem('wrong-value', message), 2)
}
