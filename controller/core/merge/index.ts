export { applyOverlay, type OverlayInput, type OverlayResult } from './apply-overlay.ts'
export {
  type Conflict,
  type ConflictType,
  conflictId,
  type DanglingReference,
  type RenameHint,
  type Resolution,
  type ResolutionName,
  type TextRegion,
  tripleHash,
  tripleKey,
} from './conflict.ts'
export { diffPaths, type PathDiff } from './diff-paths.ts'
export { dropNulls } from './drop-nulls.ts'
export { extractOverlay } from './extract-overlay.ts'
export { findFaults } from './find-faults.ts'
export { checkLocks, type Lock, type LockMode, type LockViolation, startsWith } from './locks.ts'
export type { MergeSchema, SchemaNode } from './merge-schema.ts'
export type { OrderPolicy } from './merge-walk.ts'
export type { MergeProblem, Notice, ProblemCode } from './notice.ts'
export { formatPath, parsePath, type Path, type Segment } from './path.ts'
export { readPath } from './read-path.ts'
export type { Moved, ReferenceRules } from './references.ts'
export {
  type MergeInput,
  type MergeOptions,
  type MergeResult,
  type PathResolution,
  resolveConflicts,
  threeWayMerge,
} from './three-way-merge.ts'
export { emitRoot, type ItemTexts } from './yaml-emit.ts'
export { editYaml, type YamlEdit } from './yaml-edit.ts'
export { type WriteBackInput, type WriteBackNotice, type WriteBackResult, writeBack } from './write-back.ts'
