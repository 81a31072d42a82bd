import type { DatabaseSync } from 'node:sqlite'
import type { GroupCommit } from './group-commit.ts'
import { number, prepare, type Statement, text } from './statements.ts'

export interface ScheduleName {
  readonly tenantUid: string
  /** `owner:name`. */
  readonly workflow: string
  readonly trigger: string
}

/** Up to which instant a schedule has been dealt with. */
export interface ScheduleMark extends ScheduleName {
  readonly cron: string
  readonly timezone: string
  readonly seen: number
}

/** How far schedules have come. A mark is written after its run was accepted: run ids are derived, so an instant that comes twice is one run. */
export class ScheduleMarks {
  readonly #commit: GroupCommit
  readonly #select: Statement
  readonly #put: Statement
  readonly #delete: Statement

  constructor(database: DatabaseSync, commit: GroupCommit) {
    this.#commit = commit
    this.#select = prepare(database, 'SELECT * FROM schedules')
    this.#put = prepare(
      database,
      'INSERT OR REPLACE INTO schedules (tenant_uid, workflow, "trigger", cron, timezone, seen) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#delete = prepare(database, 'DELETE FROM schedules WHERE tenant_uid = ? AND workflow = ? AND "trigger" = ?')
  }

  read(): ScheduleMark[] {
    return this.#select.all().map((row) => ({
      tenantUid: text(row, 'tenant_uid'),
      workflow: text(row, 'workflow'),
      trigger: text(row, 'trigger'),
      cron: text(row, 'cron'),
      timezone: text(row, 'timezone'),
      seen: number(row, 'seen'),
    }))
  }

  record(marks: readonly ScheduleMark[], gone: readonly ScheduleName[] = []): Promise<void> {
    return this.#commit.write(() => {
      for (const { tenantUid, workflow, trigger } of gone) this.#delete.run(tenantUid, workflow, trigger)
      for (const { tenantUid, workflow, trigger, cron, timezone, seen } of marks)
        this.#put.run(tenantUid, workflow, trigger, cron, timezone, seen)
    })
  }
}
