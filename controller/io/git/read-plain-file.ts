import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { caps } from '../../core/model/caps.ts'

// Not followed, and not waited for: a link or a pipe put in a file's place must neither be read nor block.
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** The bytes of an ordinary file of at most 256 KiB; null where it is gone, larger, or something else by now. */
export function readPlainFile(path: string): Uint8Array | null {
  let handle: number
  try {
    handle = openSync(path, flags)
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
  try {
    const stat = fstatSync(handle)
    if (!stat.isFile() || stat.size > caps.fileBytes) return null
    // One byte more than the file had: a file that grows meanwhile is noticed by its id.
    const bytes = new Uint8Array(stat.size + 1)
    let filled = 0
    for (let got = 1; got > 0 && filled < bytes.byteLength; filled += got)
      got = readSync(handle, bytes, filled, bytes.byteLength - filled, null)
    return bytes.slice(0, filled)
  } finally {
    closeSync(handle)
  }
}

/** Whether an error says that the path is not there any more, or is a link or a folder now. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')
}
