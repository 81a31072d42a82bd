import { stepReferences } from '../desired/step-references.ts'
import {
  type Conflict,
  type MergeOptions,
  type Notice,
  resolveConflicts,
  writeBack,
  type WriteBackNotice,
} from '../merge/index.ts'
import type { KindName, Kinds } from '../model/generated/kinds.ts'
import { parseDocument } from '../model/parse-document.ts'
import type { Problem } from '../model/problems.ts'
import { schemaOf } from '../model/schemas.ts'
import type { Json } from '../model/values.ts'
import { isRefusal, type Refusal, refused, refusedBy, refusedUnplaced } from './authored.ts'

export interface NamedText {
  readonly file: string
  readonly text: string
}

export interface FilesToMerge {
  readonly base: NamedText
  readonly ours: NamedText
  readonly theirs: NamedText
}

export interface MergeFilesOptions {
  /** That of ours unless told. */
  readonly kind?: KindName
  /** Which side holds where both changed the same. */
  readonly take?: 'ours' | 'theirs'
}

export type MergedFiles =
  | { readonly kind: 'merged'; readonly text: string; readonly notices: readonly (Notice | WriteBackNotice)[] }
  /** Until the conflicts are decided `text` has ours there. */
  | {
      readonly kind: 'conflicted'
      readonly text: string
      readonly conflicts: readonly Conflict[]
      readonly notices: readonly (Notice | WriteBackNotice)[]
    }
  | Refusal

/** What changed from base to theirs, merged into ours as it is written: with its comments, and byte for byte where nothing changed. */
export function mergeFiles(files: FilesToMerge, { kind, take }: MergeFilesOptions = {}): MergedFiles {
  const ours = read(files.ours, kind)
  if (isRefusal(ours)) return ours
  const wanted = ours.kind
  const base = read(files.base, wanted)
  if (isRefusal(base)) return base
  const theirs = read(files.theirs, wanted)
  if (isRefusal(theirs)) return theirs

  const schema = schemaOf(wanted)
  const merged = resolveConflicts(
    { base: asJson(base), ours: asJson(ours), theirs: asJson(theirs), schema },
    (conflict) => (take !== undefined && conflict.resolutions.includes(take) ? take : undefined),
    optionsOf(theirs),
  )
  const written = writeBack({
    text: files.ours.text,
    value: merged.value as Json,
    schema,
    theirs: files.theirs.text,
    base: files.base.text,
  })
  if (written.kind === 'failed')
    return refused('invalid-result', `the merged file cannot be written: ${written.reason}`)
  const notices = [...merged.notices, ...written.notices]
  const { text } = written
  if (merged.kind === 'conflicted') return { kind: 'conflicted', text, conflicts: merged.conflicts, notices }
  const result = read({ file: files.ours.file, text }, wanted)
  if (!isRefusal(result)) return { kind: 'merged', text, notices }
  return refusedUnplaced({ ...result.problem, message: `once merged, ${result.problem.message}` })
}

function read({ file, text }: NamedText, kind: KindName | undefined): Kinds[KindName] | Refusal {
  const verdict = parseDocument({
    file,
    bytes: new TextEncoder().encode(text),
    ...(kind !== undefined && { kinds: [kind] }),
  })
  return verdict.kind === 'parsed' ? verdict.resource : refusedBy(verdict.problems[0] as Problem)
}

function optionsOf(theirs: Kinds[KindName]): MergeOptions {
  return theirs.kind === 'Workflow' ? { references: stepReferences, moved: theirs.spec.moved ?? [] } : {}
}

function asJson(resource: Kinds[KindName]): Json {
  return resource as unknown as Json
}
