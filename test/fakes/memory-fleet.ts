import { createHash } from 'node:crypto'
import { objectId } from '../../controller/io/git/object-id.ts'
import type { FleetSource } from '../../controller/io/git/index.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import type { LoadCache } from '../../controller/reconcile/load-cache.ts'
import { createFleetLoader } from '../../controller/reconcile/load-fleet.ts'

/** Loads files that lie in memory, whatever they are at the time. */
export function loaderOf(
  draft: { readonly files: ReadonlyMap<string, string> },
  cache?: LoadCache,
): ReturnType<typeof createFleetLoader> {
  const bytes = new Map<string, Uint8Array>()
  const source = {
    snapshot: () => {
      const files = new Map(
        [...draft.files]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([path, text]) => {
            const content = Buffer.from(text)
            const oid = objectId('blob', content)
            bytes.set(oid, content)
            return [path, { oid, size: content.length }] as const
          }),
      )
      const tree = createHash('sha256')
        .update(JSON.stringify([...files]))
        .digest('hex')
      return Promise.resolve({ revision: { commit: null, tree, uncommitted: [] }, files, problems: [] })
    },
    read: (oids: Iterable<string>) =>
      Promise.resolve(new Map([...oids].map((oid) => [oid, bytes.get(oid) as Uint8Array]))),
  } as unknown as FleetSource
  return createFleetLoader(source, checkWorkflowSpec, () => 0, cache)
}

/** A rendered branch that remembers its files, and refuses them while it is full. */
export function memoryBranch() {
  const files = new Map<string, string>()
  return {
    files,
    isFull: false,
    paths: () => Promise.resolve([...files.keys()]),
    read: (name: string) => Promise.resolve(files.get(name)),
    commit(changes: ReadonlyMap<string, string | null>): Promise<string> {
      if (this.isFull) return Promise.reject(new Error('no space'))
      for (const [path, text] of changes) {
        if (text === null) files.delete(path)
        else files.set(path, text)
      }
      return Promise.resolve('commit')
    },
    close: () => Promise.resolve(),
  }
}
