import {
  type BigIntStats,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { objectId } from '../object-id.ts'
import type { FileAdvance } from './advance-checkout.ts'

export interface ReplacedFile {
  readonly path: string
  readonly workTree: string
  /** Null where there was no file. */
  readonly contents: Uint8Array | null
}

/** Why a file on disk may not be replaced: it holds somebody's work. Null where it may be. */
export function standsInTheWay(workTree: string, file: string, { before, after }: FileAdvance): string | null {
  const parts = file.split('/')
  for (let length = 1; length < parts.length; length++) {
    const folder = parts.slice(0, length).join('/')
    const stat = statOf(workTree, folder)
    // A link as well: what is written below it lands somewhere else.
    if (stat !== undefined && !stat.isDirectory()) return `${folder} is no folder in the working tree.`
  }
  const stat = statOf(workTree, file)
  if (stat === undefined) return before === null || after === null ? null : `${file} is deleted in the working tree.`
  if (!stat.isFile()) return `${file} is no ordinary file in the working tree.`
  const oid = objectId('blob', readFileSync(join(workTree, file)))
  if (oid === after?.oid || oid === before) return null
  return before === null ? `${file} is an untracked file with other contents.` : `${file} has uncommitted changes.`
}

/** Undefined where there is nothing. Links are not followed. */
export function statOf(workTree: string, file: string): BigIntStats | undefined {
  try {
    return lstatSync(join(workTree, file), { bigint: true, throwIfNoEntry: false })
  } catch (cause) {
    // Something other than a folder on the way.
    if ((cause as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
    throw cause
  }
}

/** Brings files to what they will be; answers what is needed to take that back. */
export function replaceFiles(workTree: string, files: ReadonlyMap<string, FileAdvance>): ReplacedFile[] {
  const replaced: ReplacedFile[] = []
  try {
    for (const [file, { after }] of files) {
      const path = join(workTree, file)
      const contents = statOf(workTree, file) === undefined ? null : readFileSync(path)
      const isThere = contents === null ? after === null : objectId('blob', contents) === after?.oid
      if (isThere) continue
      replaced.push({ path, workTree, contents })
      put(path, workTree, after?.contents ?? null)
    }
    return replaced
  } catch (cause) {
    undo(replaced)
    throw cause
  }
}

export function undo(replaced: readonly ReplacedFile[]): void {
  for (const { path, workTree, contents } of replaced.toReversed()) put(path, workTree, contents)
}

function put(path: string, workTree: string, contents: Uint8Array | null): void {
  if (contents === null) {
    rmSync(path, { force: true })
    removeEmpty(dirname(path), workTree)
    return
  }
  mkdirSync(dirname(path), { recursive: true })
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`)
  writeFileSync(temporary, contents, { flag: 'wx' })
  renameSync(temporary, path)
}

function removeEmpty(folder: string, workTree: string): void {
  for (let at = folder; at !== workTree; at = dirname(at)) {
    try {
      rmdirSync(at)
    } catch {
      return
    }
  }
}
