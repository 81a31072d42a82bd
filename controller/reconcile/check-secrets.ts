import type { Fleet } from '../core/desired/fleet.ts'
import { placeOf } from '../core/desired/layout.ts'
import { type Problem, problem } from '../core/model/problems.ts'
import type { Snapshot } from '../core/model/snapshot.ts'
import { suggestName } from '../core/model/suggest-name.ts'
import { readSopsFile, SecretError } from '../io/secrets/index.ts'

/** What can be said of secrets files without a key: all of each is encrypted, and it has the names that connections want of it. */
export async function checkSecrets(
  fleet: Fleet,
  snapshot: Snapshot,
  textOf: (file: string) => Promise<string | undefined>,
): Promise<Problem[]> {
  const found: Problem[] = []
  for (const file of snapshot.files.keys()) {
    const place = placeOf(file)
    if (place.role !== 'secrets') continue
    const text = await textOf(file)
    try {
      const { names } = readSopsFile(file, Buffer.from(text ?? ''))
      found.push(...missing(fleet, place.owner, names))
    } catch (error) {
      if (!(error instanceof SecretError)) throw error
      const where = { place: { file, line: 1, column: 1 }, tenant: place.owner }
      found.push(problem(error.code, error.message.slice(file.length + 2), where))
    }
  }
  return found
}

function missing(fleet: Fleet, owner: string, names: readonly string[]): Problem[] {
  return [...(fleet.tenants.get(owner)?.connections.values() ?? [])].flatMap((connection) => {
    const { secret } = connection.resource.spec
    if (secret === undefined || names.includes(secret)) return []
    const near = suggestName(secret, names)
    return problem('secret-missing', `the secrets file of ${owner} has no \`${secret}\``, {
      place: { file: connection.file, line: 1, column: 1 },
      path: '/spec/secret',
      tenant: owner,
      ...(near !== undefined && { hint: `did you mean \`${near}\`?` }),
    })
  })
}
