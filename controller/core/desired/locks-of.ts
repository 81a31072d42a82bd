import { type Lock, parsePath } from '../merge/index.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import { isWithin } from '../model/names.ts'
import { isUnreadable } from './fleet.ts'
import { type Chain, chainBefore, rootChain } from './chain.ts'
import type { WorkflowDocument } from './render.ts'

type DeclaredLock = NonNullable<Workflow['spec']['locks']>[number]

/**
 * What binds a tenant below a chain: the locks of the release and of every overlay above, without those that exempt it.
 * A lock that stands in the document is itself locked, or a patch could take it away for those further down.
 *
 * An exemption counts where the lock is declared and nowhere else. Releases are frozen, so those of a workflow's own
 * locks stand in its head and hold for every release.
 */
export function locksOf(chain: Chain, document: WorkflowDocument, tenant: string): Lock[] {
  const template = `the template ${chain.workflow.name}`
  const locks: Lock[] = []
  const declared = (document.spec['locks'] ?? []) as readonly DeclaredLock[]
  for (const lock of declared) {
    const { path } = lock
    const file = chain.workflow.head?.file
    if (!isExemptFrom(headLock(chain, lock), tenant)) locks.push(...read(lock, template, file))
    locks.push({ path: ['spec', 'locks', { path }], mode: 'value', lockedBy: template })
  }
  for (const { owner, file, lock } of overlayLocks(chain))
    if (!isExemptFrom(lock, tenant)) locks.push(...read(lock, owner, file))
  return locks
}

/** Whether some lock of the chain would bind the tenant and does not. */
export function isExempt(chain: Chain, tenant: string): boolean {
  for (let at: Chain | undefined = rootChain(chain); at; at = at.standsFor && rootChain(at.standsFor.chain))
    if (headLocks(at).some((lock) => isExemptFrom(lock, tenant))) return true
  for (const { lock } of overlayLocks(chain)) if (isExemptFrom(lock, tenant)) return true
  return false
}

function* overlayLocks(chain: Chain): Generator<{ owner: string; file: string; lock: DeclaredLock }> {
  for (let at: Chain | null | undefined = chain; at; at = chainBefore(at) ?? at.standsFor?.chain)
    for (const lock of at.overlay?.resource.spec.locks ?? [])
      yield { owner: at.overlay?.owner ?? '', file: at.overlay?.file ?? '', lock }
}

function headLocks({ workflow: { head } }: Chain): readonly DeclaredLock[] {
  return head && !isUnreadable(head) ? (head.resource.spec.locks ?? []) : []
}

function headLock(chain: Chain, { path, mode }: DeclaredLock): DeclaredLock | undefined {
  return headLocks(chain).find((lock) => lock.path === path && lock.mode === mode)
}

function isExemptFrom(lock: DeclaredLock | undefined, tenant: string): boolean {
  return lock?.exempt?.some((exemption) => isWithin(tenant, exemption.tenant)) ?? false
}

const paths = new WeakMap<DeclaredLock, ReturnType<typeof parsePath>>()

function read(lock: DeclaredLock, lockedBy: string, file: string | undefined): Lock[] {
  const { path, mode, message } = lock
  const parsed = paths.get(lock) ?? parsePath(path)
  paths.set(lock, parsed)
  if (!parsed) return []
  return [
    {
      path: parsed,
      mode,
      lockedBy,
      ...(file !== undefined && { lockedIn: file }),
      ...(message !== undefined && { message }),
    },
  ]
}
