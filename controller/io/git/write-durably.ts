import { randomUUID } from 'node:crypto'
import { open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Writes a file that nobody changes any more: it is whole and on disk when it appears. */
export async function writeDurably(path: string, contents: Uint8Array): Promise<void> {
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
