import { caps } from '../model/caps.ts'
import { get, isMap, type Json, type JsonMap, newMap } from '../model/values.ts'
import { type CaseChange, caseIdOf, isCaseId, isSeverity, severities } from './cases.ts'
import { append, type Decision, stepFailed } from './decision.ts'
import { interpolated } from './expressions.ts'
import type { RunState } from './run-state.ts'

/** Writes into a case: the journal is where it is written, and the tenant's list of cases is read from there. */
export function beginCase(step: string, rendered: JsonMap, { request }: RunState, now: number): Decision[] {
  const [kind = '', value] = Object.entries(rendered)[0] ?? []
  const fields = isMap(value ?? null) ? (value as JsonMap) : newMap()
  const refused = (message: string) => [stepFailed(step, 'bad-input', message, now)]
  const long = Object.keys(fields).find((name) => textOf(fields, name).length > lengthOf(name))
  if (long !== undefined) return refused(`case.${kind}.${long}: longer than ${lengthOf(long)} characters`)
  const change = changeOf(kind, fields)
  if (change === undefined) return refused(`case.open.severity: this is none of ${severities.join(', ')}`)
  if (change.kind === 'open' && change.title === '') return refused('case.open.title: it is empty')
  const named = get(fields, 'case')
  if (named !== undefined && !isCaseId(named)) return refused(`case.${kind}.case: this is not the id of a case`)
  const key = textOf(fields, 'key')
  if (change.kind !== 'open' && named === undefined && key === '')
    return refused(`case.${kind}: neither \`case\` nor \`key\` says which one`)
  const id = isCaseId(named)
    ? named
    : caseIdOf(request.tenant.uid, key === '' ? `${request.runId}/${step}` : `key:${key}`)
  const outputs = newMap()
  outputs.case = id
  return [
    append({ type: 'CaseChanged', at: now, step, case: id, change }),
    append({ type: 'AttemptSucceeded', at: now, step, outputs }),
  ]
}

/** Undefined where the severity is none. */
function changeOf(kind: string, fields: JsonMap): CaseChange | undefined {
  const text = (name: string) => textOf(fields, name)
  if (kind === 'comment') return { kind, text: text('text') }
  if (kind === 'close') return { kind, ...(text('resolution') !== '' && { resolution: text('resolution') }) }
  const severity = get(fields, 'severity') ?? 'medium'
  if (!isSeverity(severity)) return undefined
  const description = text('description')
  return {
    kind: 'open',
    title: text('title'),
    severity,
    ...(description !== '' && { description }),
    ...(text('key') !== '' && { key: text('key') }),
  }
}

function textOf(fields: JsonMap, name: string): string {
  const value: Json = get(fields, name) ?? null
  return value === null ? '' : interpolated(value)
}

function lengthOf(field: string): number {
  return field === 'title' || field === 'key' ? caps.caseTitleLength : caps.caseTextLength
}
