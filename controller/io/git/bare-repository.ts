import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Makes a bare repository where there is none yet: without git, its templates and its hooks. */
export function ensureBareRepository(gitdir: string): void {
  if (existsSync(join(gitdir, 'HEAD'))) return
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags'])
    mkdirSync(join(gitdir, folder), { recursive: true })
  writeFileSync(join(gitdir, 'config'), '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n')
  // Last: a repository without HEAD is none, so a crash before this line leaves nothing half made.
  writeFileSync(join(gitdir, 'HEAD'), 'ref: refs/heads/main\n')
}
