import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { NewObject, ObjectRow } from './new-object.ts'
import { encodePack } from './pack-file.ts'
import { writeDurably } from './write-durably.ts'

/** Writes one pack with its index into a repository of our own; the objects count from when this resolves. */
export async function writePack(gitdir: string, objects: readonly NewObject[]): Promise<void> {
  const { name, pack, index } = await encodePack(objects)
  const path = join(gitdir, 'objects/pack', `pack-${name}`)
  // Index last: a pack counts from the moment its index is there.
  await writeDurably(`${path}.pack`, pack)
  await writeDurably(`${path}.idx`, index)
}

/** What the thread is given. */
export interface PackTask {
  readonly gitdir: string
  readonly rows: readonly ObjectRow[]
  readonly bytes: Uint8Array
}

/**
 * The same in a thread that ends with it: compressing is half the work of a large commit. The contents are copied before
 * this returns.
 */
export function writePackInThread(gitdir: string, objects: readonly NewObject[]): Promise<void> {
  const bytes = Buffer.allocUnsafeSlow(objects.reduce((sum, { contents }) => sum + contents.byteLength, 0))
  const rows: ObjectRow[] = []
  let from = 0
  for (const { type, oid, contents } of objects) {
    const to = from + contents.byteLength
    bytes.set(contents, from)
    rows.push({ type, oid, from, to })
    from = to
  }
  const workerData: PackTask = { gitdir, rows, bytes }
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(import.meta.dirname, 'pack-worker.ts'), {
      name: 'pack',
      workerData,
      transferList: [bytes.buffer],
    })
    worker.once('error', reject)
    worker.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`The thread that packs ended with ${code}.`)),
    )
  })
}
