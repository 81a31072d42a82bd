import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { GitBinary } from './git-binary.ts'
import { runGit } from './git-process.ts'

const manyPacks = 50
const manyLoose = 2_000

/**
 * Packs a repository of our own anew once it has grown untidy: each fetch leaves a pack, each small commit a few loose
 * objects. Nothing is dropped, unreachable objects neither: a state may still name an old commit. Readers go on meanwhile.
 */
export async function tidyRepository(git: GitBinary, gitdir: string): Promise<void> {
  const objects = join(gitdir, 'objects')
  const packs = readdirSync(join(objects, 'pack')).filter((name) => name.endsWith('.idx')).length
  // Ids are evenly spread, so one folder in 256 tells.
  const loose = count(join(objects, '17')) * 256
  if (packs < manyPacks && loose < manyLoose) return
  await runGit(git, 'packAll', [], { gitdir, deadlineMs: 600_000 })
}

function count(folder: string): number {
  try {
    return readdirSync(folder).length
  } catch {
    return 0
  }
}
