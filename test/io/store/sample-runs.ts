import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { RunEvent } from '../../../controller/core/run/events.ts'
import { fold, foldAll } from '../../../controller/core/run/fold.ts'
import type { JournalRecord, StoredObject } from '../../../controller/core/run/journal.ts'
import type { RunState } from '../../../controller/core/run/run-state.ts'

export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'headwater-store-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

export function requestOf(runId: string, at = 0, tenant = 'acme', workflow = 'w'): RunEvent {
  return {
    type: 'RunRequested',
    at,
    runId,
    epoch: 1,
    tenant: { path: tenant, uid: `uid-${tenant}` },
    workflow: { name: workflow, owner: '', release: '1.0.0', digest: 'd' },
    contextDigest: 'c',
    commit: 'abc',
    trigger: { kind: 'manual', id: 'manual', deliveryId: runId },
    inputs: {},
  }
}

export function newRun(runId: string, at = 0, tenant = 'acme', workflow = 'w'): JournalRecord {
  const events = [requestOf(runId, at, tenant, workflow)]
  return { runId, expectedVersion: 0, events, state: foldAll(events) }
}

export function more(state: RunState, ...events: RunEvent[]): JournalRecord {
  return { runId: state.request.runId, expectedVersion: state.version, events, state: events.reduce(fold, state) }
}

export function objectOf(value: unknown): StoredObject {
  const json = JSON.stringify(value)
  return { digest: createHash('sha256').update(json).digest('hex'), json }
}
