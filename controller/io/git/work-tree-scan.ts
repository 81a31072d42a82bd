import { type Dirent, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { caps } from '../../core/model/caps.ts'
import type { FileEntry } from '../../core/model/snapshot.ts'
import { type RawEntry, type Refusal, type Sifted, sift, siftRoot } from './entry-rules.ts'
import { isGone } from './read-plain-file.ts'
import type { FileStamps } from './file-stamps.ts'
import { emptyFolder, type Folder, isFolder, makeFolder, type Row } from './folder.ts'
import { messageOf } from './git-error.ts'

/** Milliseconds of work between two pauses for others on the event loop. */
const sliceMs = 15

/** Reads the fleet below a folder on disk, as git would see it if everything were committed. Links are never followed. */
export async function scanWorkTree(root: string, stamps: FileStamps, previous: Folder | undefined): Promise<Folder> {
  let sliceStarted = performance.now()

  // Synchronous calls in slices: for many small files the asynchronous ones take four times as long.
  const visit = async (path: string, level: number, before: Folder | undefined): Promise<Folder> => {
    if (performance.now() - sliceStarted > sliceMs) {
      await new Promise(setImmediate)
      sliceStarted = performance.now()
    }
    const listed = list(path)
    if (listed.kind === 'gone') return emptyFolder
    const sifted = siftOnDisk(path, listed.entries, level === 0 ? siftRoot : sift)
    const refusals: Refusal[] = [...sifted.refusals]
    const rows: Row[] = []
    for (const { name, kind } of sifted.kept) {
      if (kind === 'file') {
        const entry = readEntry(stamps, join(path, name))
        if (entry === null) continue
        if ('code' in entry) refusals.push({ name, ...entry })
        else rows.push({ name, entry })
        continue
      }
      const child = join(path, name)
      const known = before?.entries.get(name)
      if (level === caps.depth) {
        if (holdsFile(child))
          refusals.push({
            name,
            code: 'too-many-levels',
            message: `The folder stands deeper than ${caps.depth} levels.`,
          })
      } else {
        const entry = await visit(child, level + 1, known !== undefined && isFolder(known) ? known : undefined)
        rows.push({ name, entry })
      }
    }
    if (listed.kind === 'refused') refusals.push(listed.refusal)
    return makeFolder({ rows, refusals, ...(before === undefined ? {} : { previous: before }) })
  }
  return await visit(root, 0, previous)
}

type Listed =
  | { readonly kind: 'listed'; readonly entries: RawEntry[] }
  | { readonly kind: 'refused'; readonly entries: RawEntry[]; readonly refusal: Refusal }
  | { readonly kind: 'gone' }

function list(path: string): Listed {
  try {
    return { kind: 'listed', entries: readdirSync(path, { withFileTypes: true }).map((entry) => toRaw(path, entry)) }
  } catch (error) {
    if (isGone(error)) return { kind: 'gone' }
    const refusal: Refusal = {
      name: '',
      code: 'repository-unreadable',
      message: `The folder cannot be listed: ${messageOf(error)}`,
    }
    return { kind: 'refused', entries: [], refusal }
  }
}

function toRaw(path: string, entry: Dirent): RawEntry {
  const { name } = entry
  if (entry.isSymbolicLink()) return { name, kind: 'link' }
  if (entry.isFile()) return { name, kind: 'file' }
  if (!entry.isDirectory()) return { name, kind: 'special' }
  // A repository inside the fleet: git would commit it as a submodule.
  return { name, kind: existsSync(join(path, name, '.git')) ? 'submodule' : 'folder' }
}

function readEntry(stamps: FileStamps, path: string): FileEntry | null | Pick<Refusal, 'code' | 'message'> {
  try {
    return stamps.entryOf(path)
  } catch (error) {
    return { code: 'repository-unreadable', message: `The file cannot be read: ${messageOf(error)}` }
  }
}

// Git knows no empty folders, so one must neither be refused nor push another one out. Looked at only where it matters.
function siftOnDisk(path: string, entries: RawEntry[], rules: typeof sift<RawEntry>): Sifted<RawEntry> {
  const sifted = rules(entries)
  if (!sifted.refusals.some(({ code }) => code === 'bad-path' || code === 'path-collision')) return sifted
  return rules(entries.filter(({ name, kind }) => kind !== 'folder' || holdsFile(join(path, name))))
}

function holdsFile(path: string): boolean {
  let entries: Dirent[]
  try {
    entries = readdirSync(path, { withFileTypes: true })
  } catch (error) {
    // Not a folder: something that git would have committed.
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR'
  }
  return entries.some((entry) => !entry.isDirectory() || holdsFile(join(path, entry.name)))
}
