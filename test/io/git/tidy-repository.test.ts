import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findGit, openRepository } from '../../../controller/io/git/index.ts'
import { tidyRepository } from '../../../controller/io/git/tidy-repository.ts'
import { git, newRepository, writeBlob } from './repositories.ts'

test('many packs become one, nothing is dropped, and an open reader goes on', async () => {
  const binary = await findGit()
  if (binary === null) throw new Error('this test needs git')
  const gitdir = join(newRepository({ 'a.yaml': 'a: 1\n' }), '.git')
  const { reader } = await openRepository(gitdir)
  const oids = Array.from({ length: 50 }, (_unused, i) => {
    const oid = writeBlob(gitdir, `unreachable ${i}`)
    git(gitdir, ['pack-objects', '-q', 'objects/pack/pack'], `${oid}\n`)
    return oid
  })
  git(gitdir, ['prune-packed'])
  await reader.readBlobs(oids.slice(0, 10))
  await tidyRepository(binary, gitdir)
  expect(readdirSync(join(gitdir, 'objects/pack')).filter((name) => name.endsWith('.pack'))).toHaveLength(1)
  expect((await reader.readBlobs(oids)).size).toBe(50)
  await tidyRepository(binary, gitdir)
  await reader.close()
})
