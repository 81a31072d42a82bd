import { CommitSource, treeAt } from './commit-source.ts'
import type { FleetSource } from './fleet-source.ts'
import { findRepository, type OpenOptions, openRepository, type Repository } from './repository.ts'
import { WorkTreeSource } from './work-tree-source.ts'

export interface OpenFleetOptions extends OpenOptions {
  /** The fleet's folder: a work tree, a folder inside one, a bare repository, or a folder without git. */
  readonly path: string
  /** A revision to read from the object store; the folder on disk unless told. */
  readonly revision?: string
}

/**
 * Opens the fleet of a folder; `close()` ends what was started. Throws GitError `repository-unreadable` where there is no
 * such folder, or no repository to look the revision up in.
 */
export async function openFleet(options: OpenFleetOptions): Promise<FleetSource> {
  const { path, revision } = options
  const layout = findRepository(path)
  if (revision !== undefined || layout?.workTree === null) {
    const repository = await openRepository(path, options)
    const { reader, prefix } = repository
    return closing(
      new CommitSource({ reader, revision: revision ?? 'HEAD', folder: prefix, layout: repository }),
      repository,
    )
  }
  if (layout === null) return new WorkTreeSource({ root: path })
  const repository = await openRepository(path, options)
  if (await isPartOf(repository)) return closing(new WorkTreeSource({ root: path, repository }), repository)
  await repository.reader.close()
  return new WorkTreeSource({ root: path })
}

/** A folder that happens to lie below somebody's repository without being committed there is a fleet without git. */
async function isPartOf({ reader, prefix }: Repository): Promise<boolean> {
  if (prefix === '') return true
  const head = await reader.resolve('HEAD')
  return head !== null && (await treeAt(reader, head.tree, prefix)) !== null
}

function closing(source: FleetSource, repository: Repository): FleetSource {
  return {
    snapshot: () => source.snapshot(),
    read: (oids) => source.read(oids),
    watch: (onHint, options) => source.watch(onHint, options),
    close: async () => {
      await source.close()
      await repository.reader.close()
    },
  }
}
