export type { FleetFile } from './fleet.ts'
export { resolve, type DesiredState, type DesiredTenant, type DesiredWorkflow } from './resolve.ts'
