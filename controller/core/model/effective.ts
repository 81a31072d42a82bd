import type { Workflow } from './generated/kinds.ts'
import type { JsonMap } from './values.ts'

/** SHA-256 over the canonical text of an object, as 64 hex digits: equal digests, equal objects. */
export type Digest = string

/** A workflow as a tenant runs it: a function of the release and the overlays above and at the tenant, nothing else. */
export interface EffectiveWorkflow {
  /** Short name, unique among the workflows a tenant sees. */
  readonly name: string
  /** Path of the tenant in whose folder it stands; empty for the root. */
  readonly owner: string
  /** Release in force. */
  readonly release: string
  /** Digest of `spec`. */
  readonly digest: Digest
  readonly spec: Workflow['spec']
}

/** A connection that performs an action for a tenant. */
export interface BoundConnection {
  readonly name: string
  /** Path of the tenant that declares it. */
  readonly owner: string
  readonly connector: string
  /** Digest of the connector's spec: a run keeps the connector it started with. */
  readonly connectorDigest: Digest
  readonly baseUrl: string
  /** Origins, beside the base URL's, that the secret may be sent to. */
  readonly allowedOrigins: readonly string[]
  /** Name of the secret in the owner's secrets file. */
  readonly secret?: string
  readonly settings: Readonly<Record<string, string>>
}

export interface ActionBinding {
  readonly effect: 'read' | 'contain' | 'destructive'
  /** Digest of the action's input schema: what does not fit it is not sent to anybody. */
  readonly inputSchema?: Digest
  /** Present where a guardrail demands that a person approves each step with this action; the reason in words. */
  readonly approval?: string
  /** At least one; each performs the action, with an outcome of its own. */
  readonly connections: readonly BoundConnection[]
}

/** A workflow that another one of the same tenant performs as a step. */
export interface ChildWorkflow {
  readonly owner: string
  readonly release: string
  readonly digest: Digest
  /** What it declares; unchecked where absent. */
  readonly inputs?: Workflow['spec']['inputs']
}

/** What a run knows of its tenant, pinned by digest when it is requested. */
export interface TenantContext {
  readonly path: string
  readonly uid: string
  readonly displayName: string
  readonly tags: Readonly<Record<string, string>>
  readonly values: JsonMap
  readonly timezone: string
  readonly concurrentRuns: number
  /** Days that finished runs are kept; for good where absent. */
  readonly runDays?: number
  readonly suspended: boolean
  /** Present below a repository of somebody's own: where that begins, and the tags by which it is chosen from above. */
  readonly mount?: { readonly path: string; readonly tags: Readonly<Record<string, string>> }
  /** By action; holds every action of every effective workflow of the tenant. */
  readonly bindings: Readonly<Record<string, ActionBinding>>
  /** By short name; holds every workflow that an effective workflow of the tenant names in a step. Absent where none does. */
  readonly children?: Readonly<Record<string, ChildWorkflow>>
}
