import { caps } from '../core/model/caps.ts'
import { depthOf } from '../core/model/names.ts'
import { type Problem, problem } from '../core/model/problems.ts'
import { FileTree, type Folder, GitError, mountFiles, type SourceAddress, type SourceMirrors } from '../io/git/index.ts'

/** What a commit of a tenant's own repository puts into its folder, or why it cannot. */
export type Contents =
  | { readonly kind: 'folder'; readonly folder: Folder }
  | { readonly kind: 'unfit'; readonly why: string; readonly isPassing: boolean }

export interface Wanted {
  readonly tenant: string
  readonly address: SourceAddress
  readonly path: string
  readonly commit: string
}

/** Refused entries of one repository. All refusals of a fleet are shown up to a number, and it must not use them up. */
const refusals = 100

/** Reads the folder of a commit and holds it against what one tenant may bring. */
export async function mountContents(
  mirrors: SourceMirrors,
  { tenant, address, path, commit }: Wanted,
): Promise<Contents> {
  const what = `commit ${commit.slice(0, 12)} of ${address.url}`
  // tenants/ and one folder for each part of the name stand above it.
  const folder = await mirrors.folder(address, commit, path, 1 + depthOf(tenant)).catch((thrown: unknown) => {
    if (thrown instanceof GitError) return thrown
    throw thrown
  })
  if (folder instanceof GitError && folder.code !== 'repository-unreadable')
    return unfit(`${what} cannot be read: ${folder.message}`)
  if (folder instanceof GitError)
    return unfit(
      `${what} cannot be read from its mirror: ${folder.message} Where this stays, stop the controller and delete \`sources\` in its state folder: everything in it is fetched anew`,
      true,
    )
  if (folder === null) return unfit(`${what} has no folder \`${path}\``)
  const own = mountFiles.find((name) => folder.entries.has(name))
  if (own !== undefined)
    return unfit(`${what} has a ${own}: that of ${tenant} stands in the fleet, so it can only be removed there`)
  if (folder.fileCount > caps.sourceFiles)
    return unfit(`${what} has ${folder.fileCount} files; ${caps.sourceFiles} are allowed`)
  if (folder.refusalCount > refusals) return unfit(`${what} has ${folder.refusalCount} entries that are never read`)
  let bytes = 0
  for (const { size } of new FileTree(folder).values()) bytes += size
  if (bytes > caps.sourceFileBytes)
    return unfit(`${what} has ${bytes} bytes of files; ${caps.sourceFileBytes} are allowed`)
  return { kind: 'folder', folder }
}

/** What stands beside tenant.yaml in the fleet, where a repository fills the folder. */
export function besideMount(tenant: string, url: string, folder: Folder | undefined): Problem | undefined {
  const others = [...(folder?.entries.keys() ?? []), ...(folder?.refusals ?? []).map(({ name }) => name)]
    .filter((name) => !mountFiles.includes(name))
    .sort()
  if (others.length === 0) return undefined
  const more = others.length > 3 ? ` and ${others.length - 3} more` : ''
  const message = `${tenant} keeps its files in ${url}, and here stands ${others.slice(0, 3).join(', ')}${more} beside tenant.yaml`
  const place = { file: `tenants/${tenant}/tenant.yaml`, line: 1, column: 1 }
  return problem('tenant-source', message, { place, path: '/spec/source', tenant, hint: 'move these files there' })
}

function unfit(why: string, isPassing = false): Contents {
  return { kind: 'unfit', why, isPassing }
}
