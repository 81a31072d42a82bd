import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChangeName, changes, type GeneratedChange } from '../../controller/cli/generate-fleet-changes.ts'
import { generateFleet } from '../../controller/cli/generate-fleet.ts'
import { openRenderedBranch } from '../../controller/io/git/index.ts'

/** A generated fleet in a bare repository of its own. The branch `bench` is what a source follows. */
export interface FleetRepository {
  readonly gitdir: string
  readonly base: string
  /** Commits on top of the base with one change each. */
  readonly changed: ReadonlyMap<ChangeName, string>
  /** The files of these changes. */
  readonly edits: ReadonlyMap<ChangeName, GeneratedChange>
  readonly files: number
  readonly bytes: number
  /** Moves the branch `bench`. */
  moveTo(commit: string): void
  /** Moves it by one commit with these files. */
  commit(files: GeneratedChange): Promise<string>
  remove(): void
}

export interface RepositoryOptions {
  readonly tenants: number
  readonly seed: number
  /** Packed anew with deltas, as a mirror of a server is; takes seconds. */
  readonly isPacked: boolean
}

const author = { name: 'Bench', email: 'bench@headwater.invalid', at: new Date('2026-01-01T00:00:00Z') }

export async function createFleetRepository(options: RepositoryOptions): Promise<FleetRepository> {
  const gitdir = mkdtempSync(join(tmpdir(), 'headwater-bench-'))
  const remove = (): void => rmSync(gitdir, { recursive: true, force: true })
  const point = (branch: string, commit: string): void =>
    writeFileSync(join(gitdir, 'refs/heads', branch), `${commit}\n`)
  const commit = async (branch: string, files: GeneratedChange): Promise<string> => {
    const opened = await openRenderedBranch({ gitdir, ref: `refs/heads/${branch}` })
    try {
      const { commit: made } = await opened.commitFiles({ files, message: branch, author })
      if (made === null) throw new Error(`nothing to commit on ${branch}`)
      return made
    } finally {
      await opened.close()
    }
  }
  try {
    const files = new Map(generateFleet(options))
    const base = await commit('bench', files)
    if (options.isPacked) execFileSync('git', ['repack', '-adfq'], { cwd: gitdir })
    const changed = new Map<ChangeName, string>()
    const edits = changes(files)
    for (const [name, edit] of edits) {
      point(name, base)
      changed.set(name, await commit(name, edit))
    }
    let bytes = 0
    for (const text of files.values()) bytes += Buffer.byteLength(text)
    return {
      gitdir,
      base,
      changed,
      edits,
      files: files.size,
      bytes,
      moveTo: (to) => point('bench', to),
      commit: (edit) => commit('bench', edit),
      remove,
    }
  } catch (cause) {
    remove()
    throw cause
  }
}
