import { resolve } from 'node:path'
import type { DesiredState, DesiredTenant } from '../core/desired/index.ts'
import { suggestName } from '../core/model/suggest-name.ts'
import { type Problem, problem } from '../core/model/problems.ts'
import { stateFolder } from '../config.ts'
import { openFleet } from '../io/git/index.ts'
import { checkWorkflowSpec } from '../reconcile/check-workflow-spec.ts'
import { createPlaceFinder, type PlaceFinder } from '../reconcile/find-places.ts'
import { createFleetLoader, type LoadedFleet } from '../reconcile/load-fleet.ts'
import { openFetchedMounts } from '../reconcile/open-mounts.ts'
import { textReader } from '../reconcile/text-reader.ts'
import { type Call, CommandError, type ExitCode, text } from './command.ts'

/** Where the files of tenants are that keep a repository of their own: as the controller fetched them last. */
export const mirrorsOption = [
  '--state <dir>',
  'the controller’s folder, with what it fetched of tenants’ own repositories (default: .headwater in the fleet)',
] as const

/** Options of every command that works on a checkout without a controller. */
export const offlineOptions = [
  ['--repo <dir>', 'the fleet: a checkout, a bare repository or a plain folder (default: the current folder)'],
  ['--ref <revision>', 'a branch, tag or commit (default: the working tree)'],
  mirrorsOption,
] as const

export interface OpenedFleet extends LoadedFleet {
  readonly places: PlaceFinder
  /** Text of a file of the fleet; undefined where there is none. */
  textOf(file: string): Promise<string | undefined>
}

/** Opens the fleet of `--repo` and `--ref`, resolves it, hands it to `use` and closes it. */
export async function withFleet(
  call: Call,
  use: (fleet: OpenedFleet) => Promise<ExitCode>,
  revision = text(call, 'ref'),
): Promise<ExitCode> {
  const path = resolve(call.config.folder, text(call, 'repo') ?? '.')
  const base = await openFleet({ path, ...(revision !== undefined && { revision }) })
  const source = await openFetchedMounts(base, stateFolder(path, text(call, 'state')))
  try {
    const loaded = await createFleetLoader(source, checkWorkflowSpec, () => performance.now())()
    if (loaded.snapshot.files.size === 0)
      throw new CommandError(
        problem('not-a-fleet', `${path} holds no tenants/, workflows/, connectors/ or policies/`),
        3,
      )
    return await use({
      ...loaded,
      places: createPlaceFinder(source, loaded.snapshot),
      textOf: textReader(source, loaded.snapshot),
    })
  } finally {
    await source.close()
  }
}

/** The tenant of a command's argument; ends the command where there is none, or where it is frozen. */
export function tenantOf(fleet: LoadedFleet, path: string): DesiredTenant & { kind: 'valid' } {
  const tenant = fleet.desired.tenants.get(path)
  if (!tenant) throw new CommandError(unknownTenant(fleet.desired, path), 1)
  if (tenant.kind === 'frozen') {
    const placed = fleet.problems.find(
      (item) => item.code === tenant.cause.code && item.message === tenant.cause.message,
    )
    throw new CommandError({ ...(placed ?? tenant.cause), tenant: path }, 1)
  }
  return tenant
}

export function unknownTenant({ tenants }: DesiredState, path: string): Problem {
  const near = suggestName(path, [...tenants.keys()])
  const hint = near === undefined ? {} : { hint: `did you mean \`${near}\`?` }
  return problem('unknown-tenant', `there is no tenant \`${path}\``, hint)
}
