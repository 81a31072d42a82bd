import { mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import type { NewObject } from './new-object.ts'
import { writePack, writePackInThread } from './pack-writer.ts'
import { writeDurably } from './write-durably.ts'

/** From this many on, one pack is faster than a file each. */
const packFrom = 64
/** From this many on, it pays to start a thread for them. */
const threadFrom = 2_000
/** Objects of one pack: it is put together in memory. */
const packObjects = 20_000

/** Writes objects into a repository of our own, durably: when this resolves, a ref may point to them. */
export async function writeObjects(gitdir: string, objects: readonly NewObject[]): Promise<void> {
  if (objects.length < packFrom) {
    await Promise.all(objects.map((object) => writeLoose(gitdir, object)))
    return
  }
  const write = objects.length < threadFrom ? writePack : writePackInThread
  for (let from = 0; from < objects.length; from += packObjects)
    await write(gitdir, objects.slice(from, from + packObjects))
}

async function writeLoose(gitdir: string, { type, oid, contents }: NewObject): Promise<void> {
  const path = join(gitdir, 'objects', oid.slice(0, 2), oid.slice(2))
  const isThere = await stat(path).then(
    () => true,
    () => false,
  )
  if (isThere) return
  const whole = Buffer.concat([Buffer.from(`${type} ${contents.byteLength}\0`), contents])
  await mkdir(dirname(path), { recursive: true })
  await writeDurably(path, await promisify(deflate)(whole, { level: 1 }))
}
