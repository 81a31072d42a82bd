import { setImmediate as turn } from 'node:timers/promises'
import type { Store } from '../io/store/open-store.ts'
import type { AppliedTenants } from './applied-tenants.ts'

export interface Swept {
  /** Tenants that lost runs, and how many. */
  readonly tenants: readonly { readonly tenant: string; readonly runs: number }[]
  /** Workflows, contexts and connectors that nothing needs any more. */
  readonly objects: number
}

export interface SweepParts {
  readonly applied: AppliedTenants
  readonly store: Pick<Store, 'forgetRuns' | 'forgetDeliveries' | 'forgetBulks' | 'collectObjects'>
  now(): number
  /** A tenant whose file cannot be used: the others go on. */
  onTrouble(tenant: string, error: unknown): void
}

const dayMs = 86_400_000
/** Messages, to recognise their replays: longer than a signature is good for. */
const messagesKeptMs = 3_600_000
/** Records of bulk runs, which are nobody's: what they came to stands in the runs of each tenant. */
const bulksKeptMs = 365 * dayMs
/** Runs removed in one commit; runs go on in between. */
const runsAtOnce = 200

/** Removes what is older than it is kept: as the fleet says for the finished runs of each tenant. Two calls at once are one. */
export function createSweep(parts: SweepParts): () => Promise<Swept> {
  let sweeping: Promise<Swept> | undefined
  return () => {
    sweeping ??= sweep(parts).finally(() => (sweeping = undefined))
    return sweeping
  }
}

async function sweep({ applied, store, now, onTrouble }: SweepParts): Promise<Swept> {
  await store.forgetDeliveries(now() - messagesKeptMs)
  await store.forgetBulks(now() - bulksKeptMs)
  const tenants: { tenant: string; runs: number }[] = []
  for (const path of applied.paths()) {
    await turn()
    const tenant = applied.get(path)
    const runDays = tenant?.context.runDays
    if (tenant === undefined || runDays === undefined) continue
    const which = { tenantUid: tenant.uid, before: now() - runDays * dayMs, limit: runsAtOnce }
    let runs = 0
    try {
      for (let removed = await store.forgetRuns(which); removed > 0; removed = await store.forgetRuns(which))
        runs += removed
    } catch (error) {
      onTrouble(path, error)
    }
    if (runs > 0) tenants.push({ tenant: path, runs })
  }
  return { tenants, objects: await store.collectObjects(now()) }
}
