import { mkdir, open, rename, stat } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import type { NewObject } from './new-object.ts'
import { encodePack } from './pack-file.ts'

/** From this many on, one pack is faster than a file each. */
const packFrom = 64
/** Objects of one pack: it is put together in memory. */
const packObjects = 20_000

/** Writes objects into a repository of our own, durably: when this resolves, a ref may point to them. */
export async function writeObjects(gitdir: string, objects: readonly NewObject[]): Promise<void> {
  if (objects.length < packFrom) {
    await Promise.all(objects.map((object) => writeLoose(gitdir, object)))
    return
  }
  for (let from = 0; from < objects.length; from += packObjects) {
    const { name, pack, index } = await encodePack(objects.slice(from, from + packObjects))
    const path = join(gitdir, 'objects/pack', `pack-${name}`)
    // Index last: a pack counts from the moment its index is there.
    await writeDurably(`${path}.pack`, pack)
    await writeDurably(`${path}.idx`, index)
  }
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

async function writeDurably(path: string, contents: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `tmp_${randomUUID()}`)
  const file = await open(temporary, 'wx', 0o444)
  try {
    await file.writeFile(contents)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}
