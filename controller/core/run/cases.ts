import { createHash } from 'node:crypto'
import { canonicalText } from '../model/values.ts'

export const severities = ['info', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

export function isSeverity(text: unknown): text is Severity {
  return severities.some((severity) => severity === text)
}

/** What one step writes into a case. */
export type CaseChange =
  | {
      readonly kind: 'open'
      readonly title: string
      readonly severity: Severity
      readonly description?: string
      readonly key?: string
    }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'close'; readonly resolution?: string }

/** A change with the step that made it: the same step of the same run makes one. */
export interface CaseEntry {
  readonly at: number
  readonly run: string
  /** Place in the journal of its run: several steps may write at the same time. */
  readonly place: number
  readonly step: string
  readonly change: CaseChange
}

export interface Case {
  readonly id: string
  readonly state: 'open' | 'closed'
  /** Empty where it was written into and never opened. */
  readonly title: string
  readonly severity: Severity
  readonly key?: string
  readonly openedAt: number
  readonly changedAt: number
  readonly closedAt: number | null
}

export interface CaseDetail {
  readonly case: Case
  /** The latest, in the order in which they were made. */
  readonly entries: readonly CaseEntry[]
}

export interface CaseFilter {
  readonly state?: Case['state']
  /** The `next` of the page before. */
  readonly before?: string
  readonly limit?: number
}

export interface CasePage {
  /** Those that changed last come first. */
  readonly cases: readonly Case[]
  /** Null on the last page. */
  readonly next: string | null
}

const idDigits = 16
const shapeOfId = /^[0-9a-f]{16}$/

/** The same key of the same tenant is the same case. */
export function caseIdOf(tenantUid: string, key: string): string {
  return createHash('sha256')
    .update(canonicalText(['case', tenantUid, key]))
    .digest('hex')
    .slice(0, idDigits)
}

export function isCaseId(text: unknown): text is string {
  return typeof text === 'string' && shapeOfId.test(text)
}

/** A case as its entries tell it, in whatever order they came: those of several runs may arrive late. */
export function foldCase(id: string, entries: readonly CaseEntry[]): Case {
  const ordered = entries.toSorted((a, b) => a.at - b.at || compare(a.run, b.run) || a.place - b.place)
  const first = ordered[0]?.at ?? 0
  const bare: Case = {
    id,
    state: 'open',
    title: '',
    severity: 'medium',
    openedAt: first,
    changedAt: first,
    closedAt: null,
  }
  return ordered.reduce(addEntry, bare)
}

/** The case after one more entry, which must be later than all others. */
export function addEntry(before: Case, { at, change }: CaseEntry): Case {
  return { ...apply(before, change, at), changedAt: at }
}

function apply(before: Case, change: CaseChange, at: number): Case {
  switch (change.kind) {
    case 'comment':
      return before
    case 'close':
      return { ...before, state: 'closed', closedAt: at }
    case 'open': {
      const { title, severity, key } = change
      return { ...before, state: 'open', closedAt: null, title, severity, ...(key !== undefined && { key }) }
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
