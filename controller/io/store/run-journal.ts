import type { DatabaseSync } from 'node:sqlite'
import type { RunEvent } from '../../core/run/events.ts'
import type { Appended, JournalRecord } from '../../core/run/journal.ts'
import { summarise } from '../../core/run/run-summary.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Objects } from './objects.ts'
import { number, prepare, type Statement, text } from './statements.ts'

/** The journals of all runs, and the list of runs that is written with them. */
export class RunJournal {
  readonly #commit: GroupCommit
  readonly #objects: Objects
  readonly #version: Statement
  readonly #insertRun: Statement
  readonly #updateRun: Statement
  readonly #insertEvent: Statement
  readonly #events: Statement
  readonly #unfinished: Statement

  constructor(database: DatabaseSync, commit: GroupCommit, objects: Objects) {
    this.#commit = commit
    this.#objects = objects
    this.#version = prepare(database, 'SELECT key, version FROM runs WHERE id = ?')
    this.#insertRun = prepare(
      database,
      `INSERT INTO runs (id, version, tenant, tenant_uid, workflow, "release", digest, "commit", "trigger", state, reason,
         requested_at, started_at, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
    )
    this.#updateRun = prepare(
      database,
      'UPDATE runs SET version = ?, state = ?, reason = ?, started_at = ?, finished_at = ? WHERE key = ?',
    )
    this.#insertEvent = prepare(database, 'INSERT INTO events (run, version, event) VALUES (?, ?, ?)')
    this.#events = prepare(
      database,
      'SELECT event FROM events WHERE run = (SELECT key FROM runs WHERE id = ?) ORDER BY version',
    )
    this.#unfinished = prepare(database, 'SELECT id FROM runs WHERE finished_at IS NULL ORDER BY key')
  }

  async append(record: JournalRecord): Promise<Appended> {
    const appended = await this.#commit.write(() => this.#apply(record))
    if (record.objects !== undefined && appended.kind === 'appended') this.#objects.remember(record.objects)
    return appended
  }

  readRun(runId: string): RunEvent[] | undefined {
    const rows = this.#events.all(runId)
    return rows.length === 0 ? undefined : rows.map((row) => JSON.parse(text(row, 'event')) as RunEvent)
  }

  unfinishedRuns(): string[] {
    return this.#unfinished.all().map((row) => text(row, 'id'))
  }

  #apply({ runId, expectedVersion, events, state, objects = [] }: JournalRecord): Appended {
    const row = this.#version.get(runId)
    const found = row === undefined ? 0 : number(row, 'version')
    if (found !== expectedVersion) return { kind: 'conflict', version: found }
    const version = found + events.length
    this.#objects.write(objects)
    const run = summarise(state)
    let key: number
    if (row === undefined) {
      const { tenant, tenantUid, workflow, release, digest, commit, trigger, requestedAt } = run
      const pinned = [tenant, tenantUid, workflow, release, digest, commit, trigger] as const
      const inserted = this.#insertRun.get(
        runId,
        version,
        ...pinned,
        run.state,
        run.reason,
        requestedAt,
        run.startedAt,
        run.finishedAt,
      )
      key = number(inserted ?? {}, 'key')
    } else {
      key = number(row, 'key')
      this.#updateRun.run(version, run.state, run.reason, run.startedAt, run.finishedAt, key)
    }
    for (const [index, event] of events.entries()) this.#insertEvent.run(key, found + index + 1, JSON.stringify(event))
    return { kind: 'appended', version }
  }
}
