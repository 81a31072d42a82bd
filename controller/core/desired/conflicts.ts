import { type Conflict, conflictId, formatPath, type ResolutionName, tripleHash } from '../merge/index.ts'
import { isWithin } from '../model/names.ts'
import type { Json } from '../model/values.ts'
import { type Declared, fullName, type WorkflowFiles } from './fleet.ts'
import type { Chain } from './chain.ts'
import { askForExemption, patchPath } from './render-problems.ts'
import type { DesiredState } from './resolve.ts'

/** A field path inside a file, from which a line can be found. */
export interface Position {
  readonly file: string
  readonly path: string
}

/** One thing that the owner of a level decides, for itself and for everybody below. */
export interface RaisedConflict {
  /** The same for the same place of the same workflow at the same level, however its values change. */
  readonly id: string
  /** The same wherever base, ours and theirs are the same: one decision counts for all of them. */
  readonly triple: string
  /** Full name of the workflow. */
  readonly workflow: string
  /** Tenant whose overlay competes, and who decides. */
  readonly level: string
  readonly path: string
  readonly type: Conflict['type']
  readonly base?: Json
  readonly ours?: Json
  readonly theirs?: Json
  readonly positions: { readonly base: Position; readonly ours: Position; readonly theirs: Position }
  readonly from: string
  readonly to: string
  readonly lockedBy?: string
  /** What may be done instead of giving the edit up, where somebody else can allow it. */
  readonly hint?: string
  readonly renameHint?: { readonly to: string; readonly similarity: number }
  readonly regions?: Conflict['regions']
  readonly resolutions: readonly ResolutionName[]
}

export interface HeldConflict extends RaisedConflict {
  /** Tenants that stay behind because of it: the level itself, where it receives the workflow, and those below. */
  readonly tenants: readonly string[]
}

/** The level that has to decide: whose file competes with which step from one release to another. */
export interface Contest {
  readonly workflow: WorkflowFiles
  readonly level: string
  readonly file: string
  /** Where a path of the workflow stands in that file. */
  readonly pathInFile: (path: string) => string
  readonly from: string
  readonly to: string
  /** Present where two overlays of the level compete with each other: the other one. */
  readonly beside?: Declared<'Overlay'>
}

export function contestOf(
  { workflow }: Chain,
  overlay: Declared<'Overlay'>,
  to: string,
  beside?: Declared<'Overlay'>,
): Contest {
  return {
    workflow,
    level: overlay.owner,
    file: overlay.file,
    pathInFile: patchPath,
    from: overlay.resource.spec.base,
    to,
    ...(beside && { beside }),
  }
}

export function raise(conflict: Conflict, contest: Contest): RaisedConflict {
  const { workflow, level, file, pathInFile, from, to, beside } = contest
  const path = formatPath(conflict.path)
  const fileOf = (version: string): string => (workflow.releases.get(version) ?? workflow.head)?.file ?? ''
  return {
    id: conflictId(`${fullName(workflow.owner, workflow.name)} ${level}`, conflict).slice(0, 12),
    triple: tripleHash(conflict),
    workflow: fullName(workflow.owner, workflow.name),
    level,
    path,
    type: conflict.type,
    ...(conflict.base !== undefined && { base: conflict.base }),
    ...(conflict.ours !== undefined && { ours: conflict.ours }),
    ...(conflict.theirs !== undefined && { theirs: conflict.theirs }),
    positions: {
      base: { file: fileOf(from), path },
      ours: { file: beside?.file ?? file, path: pathInFile(path) },
      theirs: beside ? { file, path: pathInFile(path) } : { file: fileOf(to), path },
    },
    from,
    to,
    ...(conflict.lock && { lockedBy: conflict.lock.lockedBy }),
    ...hintOf(conflict, contest),
    ...(conflict.renameHint && {
      renameHint: { to: formatPath(conflict.renameHint.to), similarity: conflict.renameHint.similarity },
    }),
    ...(conflict.regions && { regions: conflict.regions }),
    resolutions: beside ? [] : conflict.resolutions,
  }
}

function hintOf({ lock }: Conflict, { file, beside }: Contest): { hint?: string } {
  if (beside) return { hint: `say it in one of ${beside.file} and ${file} only` }
  const hint = lock && askForExemption(lock)
  return hint === undefined ? {} : { hint }
}

/** Every conflict that holds somebody back, once for the level that owns the competing edit. */
export function heldConflicts(state: DesiredState, below = ''): HeldConflict[] {
  const found = new Map<string, HeldConflict & { tenants: string[] }>()
  for (const tenant of state.tenants.values()) {
    // Whoever is held back has a problem, and of problems nothing is recalled.
    if (tenant.kind === 'frozen' || tenant.known || !isWithin(tenant.path, below)) continue
    for (const { chain, held } of tenant.workflows.values()) {
      if (!held) continue
      const { level, conflicts, beside } = held.at
      for (const conflict of conflicts) {
        const raised = raise(conflict, contestOf(chain, level, held.wanted, beside))
        const known = found.get(raised.id)
        if (known) known.tenants.push(tenant.path)
        else found.set(raised.id, { ...raised, tenants: [tenant.path] })
      }
    }
  }
  return [...found.values()]
}
