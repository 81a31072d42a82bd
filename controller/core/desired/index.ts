export { type Comparison, compareStates, type Effect, type FieldChange } from './compare.ts'
export { type ExplainedField, explainTenant, explainWorkflow, layersOf, type Source } from './explain.ts'
export type { Declared, Fleet, FleetFile, WorkflowFiles } from './fleet.ts'
export {
  type Change,
  type ObservedTenant,
  type Plan,
  type PlanOptions,
  planChanges,
  planReached,
  toObserved,
} from './plan.ts'
export {
  type CheckWorkflow,
  type DesiredState,
  type DesiredTenant,
  type DesiredWorkflow,
} from './resolve.ts'
export { createResolver, type FoundOutcomes, type Resolution, resolve } from './resolver.ts'
export { hasSchedule, isMade, type Outcome } from './known-tenant.ts'
export { inseparable } from './inseparable.ts'
export { parseSelector, selects } from './select.ts'
export { type Contest, type HeldConflict, heldConflicts, type RaisedConflict } from './conflicts.ts'
export { unresolvedAnnotation } from './layers.ts'
export { baseAnnotation } from './visible-workflow.ts'
export type { Decide } from './decide-merge.ts'
export {
  type Upgrade,
  type UpgradeEdit,
  upgradeTenant,
} from './upgrade.ts'
export { rootChain } from './chain.ts'
export { type UpgradeSubject, upgradeSubject } from './upgrade-subject.ts'
export { changedReleases, type Impact, impactOf, type Reach } from './impact.ts'
export { headsOf } from './calls.ts'
export { testedSpec } from './releases.ts'
export type { FleetChanges } from './fleet-changes.ts'
