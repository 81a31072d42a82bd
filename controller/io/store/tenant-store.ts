import { isGranted, type TenantAccess } from '../../core/access/authorize.ts'
import type { RunEvent } from '../../core/run/events.ts'
import type { CaseDetail, CaseFilter, CasePage } from '../../core/run/cases.ts'
import type { CaseProjection } from './case-projection.ts'
import type { RunJournal } from './run-journal.ts'
import { StoreError } from './store-error.ts'

/** One tenant's runs and cases, and nobody else's. There is no way to name another tenant. */
export interface TenantStore {
  /** Undefined also where the run is another tenant's: nobody learns that it exists. */
  readRun(runId: string): RunEvent[] | undefined
  listCases(filter: CaseFilter): CasePage
  readCase(id: string): CaseDetail | undefined
}

export function openTenantStore(journal: RunJournal, cases: CaseProjection, access: TenantAccess): TenantStore {
  if (!isGranted(access)) throw new StoreError('bad-value', 'Access to a tenant is granted by the authorization alone.')
  const { tenantUid } = access
  return {
    readRun: (runId) => (journal.tenantOfRun(runId)?.uid === tenantUid ? journal.readRun(runId) : undefined),
    listCases: (filter) => cases.list(tenantUid, filter),
    readCase: (id) => cases.read(tenantUid, id),
  }
}
