import { isWithin } from '../core/model/names.ts'
import type { Mount, Snapshot } from '../core/model/snapshot.ts'

/** Where the files of a tenant come from, where that is not the fleet itself: its own repository, or that of one above. */
export function mountOf({ mounts }: Snapshot, tenant: string): Mount | undefined {
  return mounts?.find((mount) => isWithin(tenant, mount.tenant))
}

export function sourceJson({ tenant, url, ref, path, commit, state }: Mount) {
  return { tenant, url, ref, path, commit, state }
}

/** `main at 0123456789ab, behind` */
export function sourceWords({ ref, commit, state }: Mount): string {
  return commit === null ? `${ref}, ${state}` : `${ref} at ${commit.slice(0, 12)}, ${state}`
}
