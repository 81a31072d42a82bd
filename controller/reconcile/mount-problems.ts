import type { FleetFile } from '../core/desired/index.ts'
import { type Problem, problem } from '../core/model/problems.ts'
import type { Mount, Snapshot } from '../core/model/snapshot.ts'

/** The folders that are filled from elsewhere, and those that should be. */
export function mountedBy({ mounts = [] }: Snapshot): FleetFile[] {
  return mounts.map(({ tenant, commit, problem: frozen }) => ({
    path: `tenants/${tenant}/`,
    oid: '',
    verdict: { kind: 'mount', isFilled: commit !== null, ...(frozen && { problem: frozen }) },
  }))
}

/** What freezes nobody. */
export function remarksOf({ mounts = [] }: Snapshot): Problem[] {
  return mounts.flatMap(({ remark }) => (remark ? [remark] : []))
}

/** Problems reported of one tenant's own repository. */
const most = 200

/**
 * Leaves out what is too much of one repository. Finding the line of a problem costs a look at its file, and ten thousand
 * broken files of one customer must neither keep the others waiting nor hide what is wrong with theirs.
 */
export function limitedProblems(problems: readonly Problem[], { mounts = [] }: Snapshot): readonly Problem[] {
  if (mounts.length === 0 || problems.length <= most) return problems
  const byTenant = new Map(mounts.map((mount) => [mount.tenant, mount]))
  const counts = new Map<Mount, number>()
  const kept = problems.filter(({ place }) => {
    const mount = place && mountAround(byTenant, place.file)
    if (!mount) return true
    const count = (counts.get(mount) ?? 0) + 1
    counts.set(mount, count)
    return count <= most
  })
  const more = [...counts].flatMap(([{ tenant }, count]) => {
    if (count <= most) return []
    const place = { file: `tenants/${tenant}/tenant.yaml`, line: 1, column: 1 }
    return problem('source-invalid', `${count - most} further problems in the files of ${tenant} are not shown`, {
      place,
      path: '/spec/source',
      tenant,
    })
  })
  return [...kept, ...more]
}

function mountAround(byTenant: ReadonlyMap<string, Mount>, file: string): Mount | undefined {
  const start = 'tenants/'.length
  if (!file.startsWith('tenants/')) return undefined
  for (let end = file.indexOf('/', start); end > 0; end = file.indexOf('/', end + 1)) {
    const mount = byTenant.get(file.slice(start, end))
    if (mount) return mount
  }
  return undefined
}
