import { type OpenOptions, openRenderedBranch, openRepository } from '../io/git/index.ts'

/** The branch that tells what was applied; commits go through it, never through a checkout. */
export interface RenderedRecord {
  /** Paths of every file at its tip. */
  paths(): Promise<readonly string[]>
  /** Text of a file in the root of its tip. */
  read(name: string): Promise<string | undefined>
  /** Takes the files one by one; null deletes one. Answers with the commit, or null where the branch holds it all already. */
  commit(
    files: Iterable<readonly [path: string, text: string | null]>,
    message: string,
    at: number,
  ): Promise<string | null>
  close(): Promise<void>
}

const ref = 'refs/heads/headwater/rendered'

/** Opens the branch in a bare repository of the controller's own, made on demand. */
export async function openRenderedRecord(gitdir: string, options: OpenOptions = {}): Promise<RenderedRecord> {
  const branch = await openRenderedBranch({ ...options, gitdir, ref })
  const { reader } = await openRepository(gitdir, options)
  const root = async (): Promise<string | undefined> => (await reader.resolve(ref))?.tree

  return {
    paths: async () => {
      const found: string[] = []
      const tree = await root()
      let level: [string, string][] = tree === undefined ? [] : [['', tree]]
      while (level.length > 0) {
        const trees = await reader.readTrees(level.map(([, oid]) => oid))
        const below: [string, string][] = []
        for (const [folder, oid] of level) {
          for (const entry of trees.get(oid) ?? []) {
            if (entry.mode === '40000') below.push([`${folder}${entry.name}/`, entry.oid])
            else found.push(`${folder}${entry.name}`)
          }
        }
        level = below
      }
      return found
    },
    read: async (name) => {
      const tree = await root()
      const entry =
        tree === undefined ? undefined : (await reader.readTree(tree)).find((candidate) => candidate.name === name)
      const bytes = entry && (await reader.readBlobs([entry.oid])).get(entry.oid)
      return bytes && new TextDecoder().decode(bytes)
    },
    commit: async (files, message, at) => {
      const author = { name: 'Headwater', email: 'controller@headwater.invalid', at: new Date(at) }
      const outcome = await branch.commitFiles({ files, message, author })
      return outcome.kind === 'committed' ? outcome.commit : null
    },
    close: async () => {
      await branch.close()
      await reader.close()
    },
  }
}
