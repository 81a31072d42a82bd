/** All git access of the product: reading objects, snapshots of fleets, mirrors of remotes, the rendered branch. */
export { type ChangedFile, changedFiles } from './changed-files.ts'
export { CommitSource, type CommitSourceOptions } from './commit-source.ts'
export type { FleetSource, Hint, ParseFiles, WatchOptions } from './fleet-source.ts'
export { findGit, type GitBinary } from './git-binary.ts'
export type { Folder } from './folder.ts'
export { FileTree } from './file-tree.ts'
export { fleetSnapshot } from './fleet-snapshot.ts'
export { GitError, messageOf } from './git-error.ts'
export { folderAt, mountFiles, mountFolders } from './mount-folders.ts'
export { type SourceAddress, SourceMirrors } from './source-mirrors.ts'
export type { ObjectReader, ResolvedRevision } from './object-reader.ts'
export { openFleet, type OpenFleetOptions } from './open-fleet.ts'
export {
  type FetchOptions,
  type FetchOutcome,
  openRemoteMirror,
  type RemoteMirror,
  type RemoteMirrorOptions,
} from './remote-mirror.ts'
export {
  type CommitOutcome,
  type FilesToCommit,
  openRenderedBranch,
  type RenderedBranch,
  type RenderedBranchOptions,
  type Signature,
} from './rendered-branch.ts'
export {
  findRepository,
  type OpenOptions,
  openRepository,
  type Repository,
  type RepositoryLayout,
} from './repository.ts'
export type { TreeEntry } from './tree-object.ts'
export { WorkTreeSource, type WorkTreeSourceOptions } from './work-tree-source.ts'
