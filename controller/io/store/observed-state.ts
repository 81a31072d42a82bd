import type { DatabaseSync } from 'node:sqlite'
import type { Digest, TenantContext } from '../../core/model/effective.ts'
import type { StoredObject } from '../../core/run/journal.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Objects } from './objects.ts'
import { number, prepare, type Row, type Statement, text } from './statements.ts'

export interface ObservedWorkflow {
  readonly digest: Digest
  readonly release: string
  readonly owner: string
}

export interface ObservedTenant {
  readonly path: string
  readonly uid: string
  readonly digest: Digest
  readonly contextDigest: Digest
  /** By short name. */
  readonly workflows: Readonly<Record<string, ObservedWorkflow>>
  readonly state: 'applied' | 'frozen' | 'suspended'
  /** Why it is not `applied`; empty otherwise. */
  readonly reason: string
}

export interface Application {
  readonly commit: string
  readonly upserts: readonly ObservedTenant[]
  /** Paths of tenants that are no longer declared. */
  readonly removals: readonly string[]
  /** What the upserts refer to by digest. */
  readonly objects: readonly StoredObject[]
  readonly appliedAt: number
  /** Others follow that belong to the same application. Each of them holds, whatever becomes of the rest. */
  readonly isPart?: boolean
}

export interface AppliedCommit {
  readonly at: number
  readonly commit: string
  readonly upserts: number
  readonly removals: number
  /** In all, afterwards; 0 where only a part of it was applied. */
  readonly tenants: number
  readonly workflows: number
}

/** What was applied last, tenant by tenant. */
export class ObservedReads {
  readonly #statements: Statements<keyof typeof reads>

  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, reads)
  }

  read(): Map<string, ObservedTenant> {
    const tenants = new Map<string, ObservedTenant>()
    const workflows = new Map<string, Record<string, ObservedWorkflow>>()
    for (const row of this.#statements.inventory.all()) {
      const tenant = text(row, 'tenant')
      const own = workflows.get(tenant) ?? (Object.create(null) as Record<string, ObservedWorkflow>)
      const [name, workflow] = namedWorkflow(row)
      own[name] = workflow
      workflows.set(tenant, own)
    }
    for (const row of this.#statements.tenants.all()) {
      const path = text(row, 'path')
      tenants.set(path, tenantOf(row, workflows.get(path) ?? {}))
    }
    return tenants
  }

  /** One tenant, or undefined where nothing is applied at this path. */
  readOne(path: string): ObservedTenant | undefined {
    const row = this.#statements.tenant.get(path)
    return row && tenantOf(row, Object.fromEntries(this.#statements.workflowsOf.all(path).map(namedWorkflow)))
  }

  paths(): string[] {
    return this.#statements.paths.all().map((row) => text(row, 'path'))
  }

  /** Latest first. */
  history(limit = 50): AppliedCommit[] {
    return this.#statements.history.all(limit).map((row) => ({
      at: number(row, 'at'),
      commit: text(row, 'commit'),
      upserts: number(row, 'upserts'),
      removals: number(row, 'removals'),
      tenants: number(row, 'tenants'),
      workflows: number(row, 'workflows'),
    }))
  }
}

/** The same with the way to apply more. Each part of an application is one transaction: it holds for all its tenants or for none. */
export class ObservedState extends ObservedReads {
  readonly #commit: GroupCommit
  readonly #objects: Objects
  readonly #statements: Statements<keyof typeof writes>
  #version = 0

  constructor(database: DatabaseSync, commit: GroupCommit, objects: Objects) {
    super(database)
    this.#commit = commit
    this.#objects = objects
    this.#statements = prepareAll(database, writes)
  }

  /** Another number after each application: whoever keeps what was read here sees whether it still holds. */
  get version(): number {
    return this.#version
  }

  async apply(application: Application): Promise<void> {
    await this.#commit.write(() => this.#write(application))
    this.#objects.remember(application.objects)
  }

  #write({ commit, upserts, removals, objects, appliedAt, isPart = false }: Application): void {
    this.#version += 1
    const { isThere, upsert, remove, prune, keep, count, begin, extend, complete } = this.#statements
    this.#objects.write(objects)
    let [tenants, inventory] = [0, 0]
    for (const path of removals) {
      tenants -= remove.change(path)
      inventory -= prune.change(path)
    }
    for (const { path, uid, digest, contextDigest, workflows, state, reason } of upserts) {
      this.#objects.verifyKept(this.#namedBy(contextDigest, workflows))
      if (isThere.get(path) === undefined) tenants++
      upsert.run(path, uid, digest, contextDigest, state, reason, appliedAt)
      inventory -= prune.change(path)
      for (const [name, { digest: own, release, owner }] of Object.entries(workflows))
        inventory += keep.change(path, name, own, release, owner)
    }
    count.run(tenants, inventory)
    const [last] = this.history(1)
    if (last?.at !== appliedAt || last.commit !== commit) begin.run(appliedAt, commit)
    extend.run(upserts.length, removals.length)
    if (!isPart) complete.run()
  }

  /** Everything that the runs of a tenant will need. */
  *#namedBy(contextDigest: Digest, workflows: ObservedTenant['workflows']): Generator<Digest> {
    yield contextDigest
    for (const { digest } of Object.values(workflows)) yield digest
    const context = this.#objects.read(contextDigest)
    if (context === undefined) return
    const { bindings, children = {} } = JSON.parse(context) as TenantContext
    for (const { digest } of Object.values(children)) yield digest
    for (const { connections, inputSchema } of Object.values(bindings)) {
      if (inputSchema !== undefined) yield inputSchema
      for (const { connectorDigest } of connections) yield connectorDigest
    }
  }
}

const reads = {
  tenants: 'SELECT * FROM tenants ORDER BY path',
  tenant: 'SELECT * FROM tenants WHERE path = ?',
  paths: 'SELECT path FROM tenants ORDER BY path',
  workflowsOf: 'SELECT * FROM inventory WHERE tenant = ? ORDER BY workflow',
  inventory: 'SELECT * FROM inventory ORDER BY tenant, workflow',
  history: 'SELECT * FROM applied ORDER BY key DESC LIMIT ?',
} as const

const writes = {
  isThere: 'SELECT 1 FROM tenants WHERE path = ?',
  upsert: `INSERT INTO tenants (path, uid, digest, context_digest, state, reason, applied_at) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (path) DO UPDATE SET uid = excluded.uid, digest = excluded.digest, context_digest = excluded.context_digest,
      state = excluded.state, reason = excluded.reason, applied_at = excluded.applied_at`,
  remove: 'DELETE FROM tenants WHERE path = ?',
  prune: 'DELETE FROM inventory WHERE tenant = ?',
  keep: 'INSERT INTO inventory (tenant, workflow, digest, "release", owner) VALUES (?, ?, ?, ?, ?)',
  begin: 'INSERT INTO applied (at, "commit", upserts, removals, tenants, workflows) VALUES (?, ?, 0, 0, 0, 0)',
  extend:
    'UPDATE applied SET upserts = upserts + ?, removals = removals + ? WHERE key = (SELECT max(key) FROM applied)',
  count: 'UPDATE totals SET tenants = tenants + ?, workflows = workflows + ?',
  complete: `UPDATE applied SET (tenants, workflows) = (SELECT tenants, workflows FROM totals)
    WHERE key = (SELECT max(key) FROM applied)`,
} as const

type Statements<Name extends string> = Readonly<Record<Name, Statement>>

function prepareAll<Name extends string>(
  database: DatabaseSync,
  queries: Readonly<Record<Name, string>>,
): Statements<Name> {
  const prepared = Object.entries<string>(queries).map(([name, query]) => [name, prepare(database, query)])
  return Object.fromEntries(prepared) as Statements<Name>
}

function namedWorkflow(row: Row): [string, ObservedWorkflow] {
  return [
    text(row, 'workflow'),
    { digest: text(row, 'digest'), release: text(row, 'release'), owner: text(row, 'owner') },
  ]
}

function tenantOf(row: Row, workflows: Record<string, ObservedWorkflow>): ObservedTenant {
  return {
    path: text(row, 'path'),
    uid: text(row, 'uid'),
    digest: text(row, 'digest'),
    contextDigest: text(row, 'context_digest'),
    workflows,
    state: text(row, 'state') as ObservedTenant['state'],
    reason: text(row, 'reason'),
  }
}
