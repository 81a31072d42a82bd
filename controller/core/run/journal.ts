import type { Digest } from '../model/effective.ts'
import type { RunEvent } from './events.ts'
import type { RunState } from './run-state.ts'
import type { RunSummary, StateWord } from './run-summary.ts'

export interface StoredObject {
  readonly digest: Digest
  /** Canonical text: its SHA-256 is the digest. */
  readonly json: string
}

/** Events of one run that become durable together, or not at all. */
export interface JournalRecord {
  readonly runId: string
  /** Events that the journal of this run holds so far; 0 for a new run. */
  readonly expectedVersion: number
  readonly events: readonly RunEvent[]
  /** The state after these events, from which the list of runs is written. */
  readonly state: RunState
  /** Objects that the run pins. */
  readonly objects?: readonly StoredObject[]
}

export type Appended =
  | { readonly kind: 'appended'; readonly version: number }
  | { readonly kind: 'conflict'; readonly version: number }

export interface RunFilter {
  readonly tenant?: string
  /** With `tenant`: the tenants below it too. */
  readonly below?: boolean
  readonly workflow?: string
  readonly state?: StateWord
  /** Key of the last run of the page before. */
  readonly before?: number
  readonly limit?: number
}

export interface RunPage {
  /** Latest first. */
  readonly runs: readonly (RunSummary & { readonly key: number })[]
  /** Pass as `before` for the next page; null on the last one. */
  readonly next: number | null
}

/** What the backend needs of a store. A promise resolves only after the commit that holds its record. */
export interface Journal {
  append(record: JournalRecord): Promise<Appended>
  readRun(runId: string): RunEvent[] | undefined
  /** Ids in the order in which the runs were requested. */
  unfinishedRuns(): string[]
  listRuns(filter: RunFilter): RunPage
  readObject(digest: Digest): string | undefined
}
