import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What is written into a folder, by path. */
export type Files = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>

export function writeFiles(root: string, files: Files): void {
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    if (typeof contents === 'object' && 'link' in contents) symlinkSync(contents.link, join(root, path))
    else writeFileSync(join(root, path), contents)
  }
}
