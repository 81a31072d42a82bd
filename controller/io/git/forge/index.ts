/** Pull requests: the port, and the local forge that keeps them in the repository itself. */
export { type BranchCommit, commitToBranch, type CommitRequest, uncommittedAmong } from './commit-to-branch.ts'
export * from './forge.ts'
export { identityOf } from './git-identity.ts'
export { LocalForge, type LocalForgeOptions, openLocalForge } from './local-forge.ts'
