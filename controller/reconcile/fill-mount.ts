import type { Tenant } from '../core/model/generated/kinds.ts'
import { depthOf } from '../core/model/names.ts'
import { type Problem, type ProblemCode, problem, warning } from '../core/model/problems.ts'
import type { Mount, MountState } from '../core/model/snapshot.ts'
import { type Folder, folderAt, GitError, type SourceAddress, type SourceMirrors } from '../io/git/index.ts'
import { besideMount, type Contents, mountContents, type Wanted } from './mount-contents.ts'
import { secretFor } from './source-credentials.ts'
import type { SourcePoller, Told } from './source-poller.ts'

export type Source = NonNullable<Tenant['spec']['source']>

export interface Declared {
  readonly tenant: string
  readonly source: Source
  readonly address: SourceAddress
}

export interface Filled {
  readonly mount: Mount
  readonly address: SourceAddress
  /** What the tenant's folder is filled with. */
  readonly folder?: Folder
}

export interface FillerParts {
  readonly mirrors: SourceMirrors
  /** Who asks the repositories for news; without one, what was fetched last is taken as it is. */
  readonly poller?: SourcePoller
  /** Whether what is mounted is remembered in the mirror. */
  readonly isRemembered: boolean
}

type About = (code: ProblemCode, message: string, hint?: string) => Omit<Problem, 'severity'>

/** Contents kept: everything that is in force, and as much again that was. */
const kept = 1_000

/**
 * Finds for one tenant the commit that fills its folder: the head that was fetched last or, where that cannot be mounted,
 * the one that was mounted before. What is wrong with a repository is a problem of its tenant, and never an exception.
 */
export function createFiller({
  mirrors,
  poller,
  isRemembered,
}: FillerParts): (declared: Declared, root: Folder) => Promise<Filled> {
  const known = new Map<string, Contents>()
  const unasked = poller ? 'the first look at it is under way' : 'nobody has asked for it yet'

  const contentsOf = async (wanted: Wanted): Promise<Contents> => {
    const key = JSON.stringify([wanted.address, wanted.commit, wanted.path, depthOf(wanted.tenant)])
    const contents = known.get(key) ?? (await mountContents(mirrors, wanted))
    if (known.size > kept) known.clear()
    // What is wrong with the mirror or with this machine may be over at the next look.
    if (contents.kind === 'folder' || !contents.isPassing) known.set(key, contents)
    return contents
  }

  const fetched = (address: SourceAddress): { readonly commit: string | null; readonly cause?: string } => {
    try {
      return { commit: mirrors.commitOf(address) }
    } catch (thrown) {
      if (thrown instanceof GitError) return { commit: null, cause: thrown.message }
      throw thrown
    }
  }

  return async ({ tenant, source, address }, root) => {
    const { url, ref, path = '' } = source
    const told = poller?.told(address)
    const about = problemOf(tenant)
    const made = (state: MountState, commit: string | null, folder?: Folder, rest: Partial<Mount> = {}): Filled => ({
      address,
      mount: { tenant, url: withoutCredentials(url), ref, path, commit, state, ...rest },
      ...(folder && { folder }),
    })
    const { commit, cause } = fetched(address)
    if (commit === null) {
      const hasFailed = told?.kind === 'behind'
      const why = cause ?? (hasFailed ? told.cause : unasked)
      return made('missing', null, undefined, { problem: missing(about, tenant, address, why, hasFailed) })
    }
    const beside = besideMount(tenant, url, folderAt(root, `tenants/${tenant}`))
    const frozen = beside && { problem: beside }
    const name = [tenant, ref, path].join('\n')
    const wanted = { tenant, address, path, commit }
    const contents = await contentsOf(wanted)
    if (contents.kind === 'unfit') {
      const before = mirrors.mounted(address, name)
      const last = before === null ? undefined : await contentsOf({ ...wanted, commit: before })
      if (before === null || last?.kind !== 'folder')
        return made('invalid', null, undefined, { problem: asProblem(about('source-invalid', contents.why)) })
      const remark = about('source-invalid', `${contents.why}; ${before.slice(0, 12)} stays in force`)
      return made('invalid', before, last.folder, { ...frozen, remark: asWarning(remark) })
    }
    if (isRemembered) mirrors.keepMounted(address, name, commit)
    const remark = behind(about, tenant, url, commit, told)
    return made(told?.kind ?? 'mirrored', commit, contents.folder, {
      ...frozen,
      ...(remark && { remark: asWarning(remark) }),
    })
  }
}

function missing(
  about: About,
  tenant: string,
  { url, ref, credential }: SourceAddress,
  why: string,
  hasFailed: boolean,
): Problem {
  const { above, name } = secretFor(tenant)
  const hint =
    credential === undefined && above !== '' && hasFailed
      ? `a private one is opened by the secret \`${name}\` of ${above}`
      : undefined
  return asProblem(
    about(
      'source-missing',
      `${tenant} has its files in ${withoutCredentials(url)} (${ref}), which was never fetched: ${why}`,
      hint,
    ),
  )
}

/** What keeps news from being taken. */
function behind(
  about: About,
  tenant: string,
  url: string,
  commit: string,
  told: Told | undefined,
): ReturnType<About> | undefined {
  const stays = `${commit.slice(0, 12)} stays in force for ${tenant}`
  if (told?.kind === 'behind') return about('source-behind', `${told.cause.replace(/\.$/, '')}; ${stays}`)
  if (told?.kind === 'rewritten')
    return about('source-rewritten', `${told.offered} in ${url} does not descend from ${commit}; ${stays}`)
  return undefined
}

function problemOf(tenant: string): About {
  const place = { file: `tenants/${tenant}/tenant.yaml`, line: 1, column: 1 }
  return (code, message, hint) => ({
    code,
    message,
    place,
    path: '/spec/source',
    tenant,
    ...(hint !== undefined && { hint }),
  })
}

function asProblem({ code, message, ...rest }: ReturnType<About>): Problem {
  return problem(code, message, rest)
}

function asWarning({ code, message, ...rest }: ReturnType<About>): Problem {
  return warning(code, message, rest)
}

/** Such an address is refused, and people still have to be told which one it is. */
function withoutCredentials(text: string): string {
  const url = URL.parse(text)
  if (!url || (url.username === '' && url.password === '')) return text
  url.username = url.password = ''
  return url.href
}
