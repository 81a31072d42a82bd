import { diffPaths, formatPath, type Path, readPath } from '../merge/index.ts'
import type { Step, Workflow } from '../model/generated/kinds.ts'
import { stepListsOf } from '../model/step-lists.ts'
import { schemaOf } from '../model/schemas.ts'
import { equal, get, type Json, newMap } from '../model/values.ts'

type Spec = Workflow['spec']

export type ChangeLevel = 'major' | 'minor' | 'patch'

export interface ReleaseChange {
  readonly level: ChangeLevel
  /** `step isolate is gone` */
  readonly text: string
}

/**
 * What changed from one release to the next, weightiest first; empty iff nothing but the version did.
 * A change is major iff what others have built on it may break: an overlay on a step, a caller that gives inputs or reads
 * outputs.
 */
export function releaseChanges(before: Spec, after: Spec): ReleaseChange[] {
  const changes = [
    ...inputChanges(before, after),
    ...stepChanges(before, after),
    ...added('trigger', idsOf(before.triggers), idsOf(after.triggers)),
    ...outputChanges(Object.keys(before.outputs ?? {}), Object.keys(after.outputs ?? {})),
  ]
  if (changes.length === 0) changes.push(...otherChanges(before, after))
  return changes.sort((a, b) => weights[b.level] - weights[a.level])
}

export function levelOf(changes: readonly ReleaseChange[]): ChangeLevel {
  return changes[0]?.level ?? 'patch'
}

const weights: Readonly<Record<ChangeLevel, number>> = { major: 2, minor: 1, patch: 0 }

function inputChanges(before: Spec, after: Spec): ReleaseChange[] {
  const [old, now] = [before.inputs?.properties ?? {}, after.inputs?.properties ?? {}]
  const [neededBefore, needed] = [new Set(before.inputs?.required), new Set(after.inputs?.required)]
  const changes: ReleaseChange[] = []
  for (const name of Object.keys(old)) {
    const was = old[name] as Json
    const is = Object.hasOwn(now, name) ? (now[name] as Json) : undefined
    if (is === undefined) changes.push({ level: 'major', text: `input ${name} is gone` })
    else if (!equal(typeOf(was), typeOf(is)))
      changes.push({ level: 'major', text: `input ${name} is ${shown(typeOf(is))} and was ${shown(typeOf(was))}` })
  }
  for (const name of needed)
    if (!neededBefore.has(name)) changes.push({ level: 'major', text: `input ${name} is required now` })
  for (const name of Object.keys(now))
    if (!Object.hasOwn(old, name) && !needed.has(name)) changes.push({ level: 'minor', text: `input ${name} is new` })
  return changes
}

function outputChanges(old: readonly string[], now: readonly string[]): ReleaseChange[] {
  const gone = old.filter((name) => !now.includes(name))
  return [
    ...gone.map((name) => ({ level: 'major', text: `output ${name} is gone` }) as const),
    ...added('output', old, now),
  ]
}

function typeOf(input: Json): Json | undefined {
  return get(input as Record<string, Json>, 'type')
}

function shown(type: Json | undefined): string {
  return type === undefined ? 'of any type' : typeof type === 'string' ? type : JSON.stringify(type)
}

/** A step that the author has declared to be renamed is not gone: overlays follow it. */
function stepChanges(before: Spec, after: Spec): ReleaseChange[] {
  const [old, now] = [stepPlaces(before.steps), stepPlaces(after.steps)]
  const renamed = new Set((after.moved ?? []).filter(({ to }) => hasStep(now, to)).map(({ from }) => from))
  const gone = [...old].filter(([place, id]) => !now.has(place) && !renamed.has(id))
  const fresh = [...now].filter(([place]) => !old.has(place))
  return [
    ...gone.map(([, id]) => ({
      level: 'major' as const,
      text: hasStep(now, id) ? `step ${id} stands in another block` : `step ${id} is gone`,
    })),
    ...fresh
      .filter(([, id]) => !gone.some(([, other]) => other === id))
      .map(([, id]) => ({ level: 'minor' as const, text: `step ${id} is new` })),
  ]
}

function hasStep(places: ReadonlyMap<string, string>, id: string): boolean {
  return [...places.values()].includes(id)
}

/** The id of each step by its place: an overlay finds a step by the blocks around it too. */
function stepPlaces(steps: readonly Step[], around = ''): Map<string, string> {
  const places = new Map<string, string>()
  for (const step of steps) {
    const place = `${around}/${step.id}`
    places.set(place, step.id)
    for (const list of stepListsOf(step))
      for (const [inner, id] of stepPlaces(list.steps, `${place}${formatPath(list.path)}`)) places.set(inner, id)
  }
  return places
}

function added(what: string, before: readonly string[], after: readonly string[]): ReleaseChange[] {
  return after
    .filter((name) => !before.includes(name))
    .map((name) => ({ level: 'minor', text: `${what} ${name} is new` }))
}

function idsOf(items: readonly { readonly id: string }[] = []): string[] {
  return items.map(({ id }) => id)
}

/** Whatever else differs, told by its sections. */
function otherChanges(before: Spec, after: Spec): ReleaseChange[] {
  const [from, to] = [documentOf(before), documentOf(after)]
  const schema = schemaOf('Workflow')
  const { added, removed, modified, reordered } = diffPaths({ from, to, schema })
  const places = new Set([...added, ...removed, ...modified, ...reordered].map(sectionOf))
  places.delete('version')
  // A list that is gone as a whole says so itself.
  for (const place of places) if (places.has(place.split(' ')[0] as string) && place.includes(' ')) places.delete(place)
  const isReal = places.size > 0 || !equal(withoutVersion(from), withoutVersion(to))
  return isReal ? [{ level: 'patch', text: `changed: ${[...places].join(', ')}` }] : []

  function withoutVersion(document: Json): Json {
    const copy = Object.assign(newMap(), readPath(document, ['spec'], schema))
    delete copy['version']
    return copy
  }
}

/** `steps isolate` of `/spec/steps/[id=isolate]/with/host`. */
function sectionOf([, section, member]: Path): string {
  const name = typeof section === 'string' ? section : 'spec'
  const id = typeof member === 'object' ? member['id'] : undefined
  return typeof id === 'string' ? `${name} ${id}` : name
}

function documentOf(spec: Spec): Json {
  const map = newMap()
  map['spec'] = spec as unknown as Json
  return map
}
