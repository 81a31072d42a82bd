import type { DatabaseSync } from 'node:sqlite'
import type { RunEvent } from '../../core/run/events.ts'
import type { Appended, JournalRecord } from '../../core/run/journal.ts'
import { type RunSummary, summarise } from '../../core/run/run-summary.ts'
import type { CaseProjection } from './case-projection.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Keyring } from './keyring.ts'
import type { Objects } from './objects.ts'
import type { RunMover } from './run-mover.ts'
import { openEntries, openReason, type Owner, sealEntry, sealReason } from './sealed-entry.ts'
import {
  bytes,
  bytesOrNull,
  number,
  numberOrNull,
  prepare,
  type Bindable,
  type Row,
  type Statement,
  text,
} from './statements.ts'
import type { TenantFiles } from './tenant-files.ts'

/** What of a run's row may change while it runs. */
type Changing = Pick<RunSummary, 'state' | 'reason' | 'startedAt' | 'finishedAt'>

interface Head {
  readonly key: number
  readonly version: number
  readonly row: Changing
}

/** Heads kept of runs that have not ended: more runs than that are waiting for a person, and are read again when they go on. */
const headsKept = 50_000

export interface JournalParts {
  readonly commit: GroupCommit
  readonly keys: Keyring
  readonly objects: Objects
  readonly files: TenantFiles
  readonly mover: RunMover
  readonly cases: Pick<CaseProjection, 'mark' | 'marked'>
}

/** The journals of all runs, one entry for each append, and the list of runs that is written with them. */
export class RunJournal {
  readonly #commit: GroupCommit
  readonly #objects: Objects
  readonly #keys: Keyring
  readonly #files: TenantFiles
  readonly #mover: RunMover
  readonly #cases: JournalParts['cases']
  readonly #statements: Readonly<Record<keyof typeof queries, Statement>>
  /** Nobody else writes this database, so what was written last need not be read back to see whether an append fits. */
  readonly #heads = new Map<string, Head>()

  constructor(database: DatabaseSync, { commit, keys, objects, files, mover, cases }: JournalParts) {
    this.#commit = commit
    this.#keys = keys
    this.#objects = objects
    this.#files = files
    this.#mover = mover
    this.#cases = cases
    const names = Object.keys(queries) as (keyof typeof queries)[]
    this.#statements = Object.fromEntries(names.map((name) => [name, prepare(database, queries[name])])) as Record<
      keyof typeof queries,
      Statement
    >
    commit.onUndo(() => this.#heads.clear())
  }

  async append(record: JournalRecord): Promise<Appended> {
    const { events, expectedVersion, objects } = record
    const owner = ownerOf(record)
    const json = Buffer.from(JSON.stringify(events))
    const payload = sealEntry(this.#keys, owner, expectedVersion + events.length, json)
    const run = summarise(record.state)
    const { key, ...appended } = await this.#commit.write(() => this.#apply(record, run, payload))
    // After a conflict nothing was written, and so the tenant's key was not either.
    if (appended.kind === 'conflict') return appended
    this.#keys.saved(owner.tenantUid)
    if (objects !== undefined) this.#objects.remember(objects)
    const { finishedAt } = run
    if (speaksOfCases(record)) this.#cases.marked(owner.tenantUid)
    if (finishedAt !== null) this.#mover.add(owner.tenantUid, { key, id: owner.runId, finishedAt })
    return appended
  }

  readRun(runId: string): RunEvent[] | undefined {
    const run = this.#statements.run.get(runId)
    if (run === undefined) return undefined
    const owner = { tenantUid: text(run, 'tenant_uid'), runId }
    const here = this.#statements.entries
      .all(number(run, 'key'))
      .map((row) => ({ version: number(row, 'version'), payload: bytes(row, 'payload') }))
    const entries = here.length > 0 ? here : (this.#files.read(owner.tenantUid, runId) ?? [])
    return openEntries(this.#keys, owner, entries, numberOrNull(run, 'version'))
  }

  /** Whose run it is, so that it can be asked who may read it. */
  tenantOfRun(runId: string): { readonly path: string; readonly uid: string } | undefined {
    const run = this.#statements.run.get(runId)
    return run && { path: text(run, 'tenant'), uid: text(run, 'tenant_uid') }
  }

  unfinishedRuns(): string[] {
    return this.#statements.unfinished.all().map((row) => text(row, 'id'))
  }

  #apply(record: JournalRecord, run: RunSummary, payload: Uint8Array): Appended & { key: number } {
    const { runId, expectedVersion, events, objects = [] } = record
    const version = expectedVersion + events.length
    const known = this.#heads.get(runId)
    let head = known
    const changing = (): readonly Bindable[] => changingOf(run, version, this.#keys)
    if (head === undefined && expectedVersion === 0) {
      const key = this.#statements.begin.insert(...changing(), ...pinnedOf(run), record.state.request.contextDigest)
      if (key !== undefined) head = { key, version: 0, row: run }
    }
    head ??= this.#readHead(runId)
    const found = head?.version ?? 0
    if (head === undefined || found !== expectedVersion)
      return { kind: 'conflict', version: found, key: head?.key ?? 0 }
    this.#objects.write(objects)
    this.#keys.save(run.tenantUid)
    this.#statements.enter.run(head.key, version, payload)
    if (speaksOfCases(record)) this.#cases.mark({ key: head.key, id: runId }, run.tenantUid, version)
    if (differs(head.row, run)) this.#statements.update.run(...changing(), head.key)
    this.#keep(runId, { key: head.key, version, row: run }, known === undefined)
    return { kind: 'appended', version, key: head.key }
  }

  #keep(runId: string, head: Head, isNew: boolean): void {
    if (head.row.finishedAt !== null) this.#heads.delete(runId)
    else this.#heads.set(runId, head)
    if (isNew && this.#heads.size > headsKept) this.#heads.delete(this.#heads.keys().next().value ?? '')
  }

  #readHead(runId: string): Head | undefined {
    const row = this.#statements.head.get(runId)
    return row === undefined ? undefined : headOf(row, runId, this.#keys)
  }
}

const queries = {
  begin: `INSERT INTO runs (state, sealed_reason, started_at, finished_at, version, id, tenant, tenant_uid, workflow, "release",
      digest, "commit", "trigger", requested_at, context_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO NOTHING`,
  update: 'UPDATE runs SET state = ?, sealed_reason = ?, started_at = ?, finished_at = ?, version = ? WHERE key = ?',
  enter: 'INSERT INTO entries (run, version, payload) VALUES (?, ?, ?)',
  head: `SELECT key, tenant_uid, state, sealed_reason, started_at, finished_at,
    coalesce(version, (SELECT max(version) FROM entries WHERE run = runs.key)) AS version FROM runs WHERE id = ?`,
  run: 'SELECT key, tenant, tenant_uid, version FROM runs WHERE id = ?',
  entries: 'SELECT version, payload FROM entries WHERE run = ? ORDER BY version',
  unfinished: 'SELECT id FROM runs WHERE finished_at IS NULL ORDER BY key',
} as const

/** A trial in the sandbox writes into no case. */
function speaksOfCases({ events, state }: JournalRecord): boolean {
  return state.request.sandbox === undefined && events.some(({ type }) => type === 'CaseChanged')
}

function ownerOf({ runId, state }: JournalRecord): Owner {
  return { runId, tenantUid: state.request.tenant.uid }
}

function changingOf(
  { id, tenantUid, state, reason, startedAt, finishedAt }: RunSummary,
  version: number,
  keys: Keyring,
) {
  const sealed = sealReason(keys, { tenantUid, runId: id }, reason)
  return [state, sealed, startedAt, finishedAt, finishedAt === null ? null : version] as const
}

function pinnedOf({ id, tenant, tenantUid, workflow, release, digest, commit, trigger, requestedAt }: RunSummary) {
  return [id, tenant, tenantUid, workflow, release, digest, commit, trigger, requestedAt] as const
}

function differs(before: Changing, after: Changing): boolean {
  return (
    before.state !== after.state ||
    before.reason !== after.reason ||
    before.startedAt !== after.startedAt ||
    before.finishedAt !== after.finishedAt
  )
}

function headOf(row: Row, runId: string, keys: Keyring): Head {
  return {
    key: number(row, 'key'),
    version: number(row, 'version'),
    row: {
      state: text(row, 'state') as RunSummary['state'],
      reason: openReason(keys, { tenantUid: text(row, 'tenant_uid'), runId }, bytesOrNull(row, 'sealed_reason')),
      startedAt: numberOrNull(row, 'started_at'),
      finishedAt: numberOrNull(row, 'finished_at'),
    },
  }
}
