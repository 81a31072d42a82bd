import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { newObject } from '../io/git/new-object.ts'
import { openRenderedBranch } from '../io/git/index.ts'

const author = { name: 'Headwater', email: 'init@headwater.invalid' }

/**
 * Writes files into an empty folder and makes it a repository with one commit. Everything goes into one pack, without
 * git: `git add` and `git commit` write a file for each of twenty thousand objects.
 */
export async function commitNewFolder(folder: string, files: ReadonlyMap<string, string>, at: Date): Promise<string> {
  const folders = new Set<string>()
  for (const [path, text] of files) {
    const file = join(folder, path)
    const above = dirname(file)
    if (!folders.has(above)) mkdirSync(above, { recursive: true })
    folders.add(above)
    writeFileSync(file, text)
  }
  const gitdir = join(folder, '.git')
  const branch = await openRenderedBranch({ gitdir, ref: 'refs/heads/main' })
  try {
    const outcome = await branch.commitFiles({
      files,
      message: 'A new fleet',
      author: { ...author, at },
      expected: null,
    })
    writeFileSync(join(gitdir, 'config'), '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n')
    writeFileSync(join(gitdir, 'index'), encodeIndex(files))
    return outcome.commit as string
  } finally {
    await branch.close()
  }
}

/** Git's index, version 2. Times and sizes are left at zero: the first `git status` fills them in. */
function encodeIndex(files: ReadonlyMap<string, string>): Buffer {
  const header = Buffer.alloc(12)
  header.write('DIRC', 'latin1')
  header.writeUInt32BE(2, 4)
  header.writeUInt32BE(files.size, 8)
  const paths = [...files.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const body = Buffer.concat([header, ...paths.map((path) => encodeEntry(path, files.get(path) as string))])
  return Buffer.concat([body, createHash('sha1').update(body).digest()])
}

function encodeEntry(path: string, text: string): Buffer {
  const name = Buffer.from(path)
  // Filled up to eight bytes, with at least one zero after the name.
  const entry = Buffer.alloc(Math.ceil((62 + name.length + 1) / 8) * 8)
  entry.writeUInt32BE(0o100644, 24)
  entry.write(newObject('blob', Buffer.from(text)).oid, 40, 'hex')
  entry.writeUInt16BE(Math.min(name.length, 0xfff), 60)
  name.copy(entry, 62)
  return entry
}
