import { caps } from '../../core/model/caps.ts'
import { type Problem, problem } from '../../core/model/problems.ts'
import type { Revision, Snapshot } from '../../core/model/snapshot.ts'
import { FileTree } from './file-tree.ts'
import { type Folder, isFolder } from './folder.ts'
import { GitError } from './git-error.ts'

/** Refusals shown one by one; a tree made to collide with itself could hold billions. */
const shownRefusals = 1_000

/** The snapshot of a fleet's root folder. Both sources end here, so equal folders give equal snapshots. */
export function fleetSnapshot(root: Folder, revision: Omit<Revision, 'tree'>): Snapshot {
  if (root.fileCount > caps.files)
    throw new GitError('repository-unreadable', `The fleet has more than ${caps.files.toLocaleString('en')} files.`)
  const problems: Problem[] = []
  if (root.entries.size === 0 && root.refusals.length === 0)
    problems.push(
      problem(
        'not-a-fleet',
        'There is none of the folders connectors, policies, tenants and workflows with a YAML file.',
      ),
    )
  collect(root, '', problems)
  problems.sort((a, b) => compareText(a.place?.file ?? '', b.place?.file ?? ''))
  if (problems.length < root.refusalCount)
    problems.push(
      problem('repository-unreadable', `${root.refusalCount - shownRefusals} further entries were refused.`),
    )
  return Object.freeze({ revision: Object.freeze({ ...revision, tree: root.id }), files: new FileTree(root), problems })
}

function collect(folder: Folder, prefix: string, problems: Problem[]): void {
  for (const { name, code, message } of folder.refusals) {
    if (problems.length >= shownRefusals) return
    problems.push(problem(code, message, { place: { file: prefix + name, line: 1, column: 1 } }))
  }
  for (const [name, entry] of folder.entries)
    if (isFolder(entry) && entry.refusalCount > 0 && problems.length < shownRefusals)
      collect(entry, `${prefix}${name}/`, problems)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
