import { caps } from '../../core/model/caps.ts'
import type { ProblemCode } from '../../core/model/problems.ts'
import { fleetFolders } from '../../core/model/snapshot.ts'

/** What stands in a folder, seen from git or from disk. */
export interface RawEntry {
  readonly name: string
  /** `link`, `submodule` and `special` are never read. */
  readonly kind: 'file' | 'folder' | 'link' | 'submodule' | 'special'
}

/** An entry that was taken out, with what to say about it. */
export interface Refusal {
  readonly name: string
  readonly code: ProblemCode
  readonly message: string
}

export interface Sifted<E> {
  /** Folders and YAML files, in the order in which they came. */
  readonly kept: readonly E[]
  readonly refusals: readonly Refusal[]
  /** True where every entry was kept: the folder's tree id then is git's own. */
  readonly complete: boolean
}

/**
 * The rules for names and modes. Kept: folders and YAML files. Ignored: other ordinary files. Refused: links, submodules,
 * names outside `[A-Za-z0-9._-]`, look-alikes of `.git`, and all but one of the names that differ only by case.
 */
export function sift<E extends RawEntry>(entries: readonly E[]): Sifted<E> {
  return arePlain(entries) ? { kept: entries, refusals: [], complete: true } : siftOneByOne(entries)
}

/** Letters of one case and nothing that any rule takes out. */
const plainName = /^[a-z0-9_-][a-z0-9._-]*$/

/** What most folders are. Names of one case that ascend cannot collide. */
function arePlain(entries: readonly RawEntry[]): boolean {
  let last = ''
  for (const { name, kind } of entries) {
    if (name <= last || name.length > caps.pathPartBytes || !plainName.test(name)) return false
    if (kind !== 'folder' && (kind !== 'file' || !isYaml(name))) return false
    last = name
  }
  return true
}

function siftOneByOne<E extends RawEntry>(entries: readonly E[]): Sifted<E> {
  const kept = new Map<string, E>()
  const refusals: Refusal[] = []
  let complete = true
  for (const entry of entries) {
    const verdict = judge(entry)
    if (verdict === 'ignored') {
      complete = false
      continue
    }
    if (verdict !== 'kept') {
      refusals.push(verdict)
      continue
    }
    const folded = entry.name.toLowerCase()
    const other = kept.get(folded)
    if (other === undefined) {
      kept.set(folded, entry)
      continue
    }
    // The lower-case spelling stays: otherwise adding `Acme` would push the tenant `acme` out.
    const winner = other.name !== folded && entry.name === folded ? entry : other
    const loser = winner === entry ? other : entry
    kept.set(folded, winner)
    refusals.push({
      name: loser.name,
      code: 'path-collision',
      message:
        loser.name === winner.name
          ? `${show(loser.name)} stands twice in this folder; one of them is ignored.`
          : `${show(loser.name)} and ${show(winner.name)} differ only by upper and lower case; ${show(loser.name)} is ignored.`,
    })
  }
  return { kept: [...kept.values()], refusals, complete: complete && refusals.length === 0 }
}

/** The same for the top folder, of which only the fleet's folders count. */
export function siftRoot<E extends RawEntry>(entries: readonly E[]): Sifted<E> {
  const fleet = new Set<string>(fleetFolders)
  const candidates = entries.filter(({ name }) => fleet.has(name.toLowerCase()))
  const refusals: Refusal[] = candidates
    .filter(({ kind }) => kind === 'file')
    .map(({ name }) => ({ name, code: 'bad-mode', message: `${show(name)} is a file; a folder is expected.` }))
  const { kept, refusals: others } = sift(candidates.filter(({ kind }) => kind !== 'file'))
  return {
    kept: kept.filter(({ name }) => fleet.has(name)),
    refusals: [...refusals, ...others],
    complete: false,
  }
}

/** The same for the top folder of a tenant's own repository, where what its forge and its editors need stands beside. */
export function siftMount<E extends RawEntry>(entries: readonly E[]): Sifted<E> {
  const visible = entries.filter(({ name }) => !name.startsWith('.'))
  const sifted = sift(visible)
  return { ...sifted, complete: sifted.complete && visible.length === entries.length }
}

const allowedName = /^[A-Za-z0-9._-]+$/

function judge(entry: RawEntry): 'kept' | 'ignored' | Refusal {
  const { name, kind } = entry
  if (kind === 'link' || kind === 'submodule' || kind === 'special') {
    const what = { link: 'a symbolic link', submodule: 'a submodule', special: 'not an ordinary file' }[kind]
    return { name, code: 'bad-mode', message: `${show(name)} is ${what}, which is never read.` }
  }
  const isDisguised = name === '' || name === '.' || name === '..' || /^(\.git|git~\d+)[. ]*$/i.test(name)
  if (isDisguised)
    return { name, code: 'bad-path', message: `${show(name)} is a name that git or a file system gives a meaning to.` }
  if (kind === 'file' && !isYaml(name)) return 'ignored'
  if (!allowedName.test(name))
    return {
      name,
      code: 'bad-path',
      message: `${show(name)} has characters other than letters, digits, dot, underscore and hyphen.`,
    }
  if (name.length > caps.pathPartBytes)
    return {
      name,
      code: 'bad-path',
      message: `${show(name)} is ${name.length} bytes long; ${caps.pathPartBytes} are allowed.`,
    }
  return 'kept'
}

export function isYaml(name: string): boolean {
  return name.endsWith('.yaml') || name.endsWith('.yml')
}

function show(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name)
}
