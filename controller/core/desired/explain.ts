import { diffPaths, formatPath, type Path, readPath } from '../merge/index.ts'
import { startsWith } from '../merge/locks.ts'
import { schemaOf } from '../model/schemas.ts'
import { equal, get, isMap, type Json, type JsonMap } from '../model/values.ts'
import { outermost } from './compare.ts'
import { isUnreadable } from './fleet.ts'
import type { TenantNode } from './hierarchy.ts'
import { type Chain, chainBefore, overlaysOf } from './chain.ts'
import { isDefaultAt } from './defaults.ts'
import { patchPath } from './render-problems.ts'
import type { WorkflowDocument } from './render.ts'
import type { DesiredState, DesiredWorkflow } from './resolve.ts'

/** Who says a value: `file` and the field path inside it, so that a line can be found. */
export interface Source {
  /** Tenant that owns the layer; empty for the template. */
  readonly owner: string
  readonly file: string
  readonly pathInFile: string
  readonly value?: Json
  /** True where the layer says it as a default. */
  readonly isDefault?: true
}

/** A field that some layer above the template set or took away. */
export interface ExplainedField {
  readonly path: string
  /** Absent where the field was taken away. */
  readonly value?: Json
  readonly setBy: Source
  /** What it overrode, nearest first; the last one is the template's, where that had the field. */
  readonly overrode: readonly Source[]
}

interface Level {
  readonly chain: Chain
  readonly document: WorkflowDocument | undefined
  /** What this level made of the one above, each at its outermost path. */
  readonly changes: readonly Path[]
  /** Lists whose members it put into another order; what it changed inside them is told apart from that. */
  readonly reordered: readonly Path[]
}

/** Which layer set each customised field of an effective workflow, and what it overrode. */
export function explainWorkflow(state: DesiredState, workflow: DesiredWorkflow): ExplainedField[] {
  const levels = levelsOf(state, workflow)
  const fields = new Map<string, { path: Path; setBy: Source; overrode: readonly Source[] }>()
  for (const [index, { chain, document, changes, reordered }] of levels.entries()) {
    if (!chain.overlay) continue
    const note = (path: Path, overrode: readonly Source[]): void => {
      fields.set(formatPath(path), { path, setBy: overlaySource(chain.overlay, document, path), overrode })
    }
    for (const path of changes) {
      // What was said inside this path further up is overridden with it.
      for (const [text, known] of fields) if (startsWith(known.path, path)) fields.delete(text)
      note(path, overridden(workflow, levels.slice(0, index), path))
    }
    for (const path of reordered) note(path, orderedBefore(workflow, levels.slice(0, index), path))
  }
  const effective = levels.at(-1)?.document
  return [...fields].map(([text, { path, setBy, overrode }]) => {
    const value = readPath(effective, path, schemaOf('Workflow'))
    return { path: text, ...(value !== undefined && { value }), setBy, overrode }
  })
}

function levelsOf(state: DesiredState, workflow: DesiredWorkflow): Level[] {
  const schema = schemaOf('Workflow')
  let above: WorkflowDocument | undefined
  return chainsOf(workflow.chain).map((chain) => {
    const document = documentAt(state, chain, workflow.release)
    const diff = diffPaths({ from: above, to: document, schema })
    above = document
    if (!chain.overlay) return { chain, document, changes: [], reordered: [] }
    const changes = outermost([...diff.modified, ...diff.added, ...diff.removed])
    return { chain, document, changes, reordered: diff.reordered }
  })
}

/** The levels above that had made something else of a path, nearest first, then the template, where that had it. */
function overridden(workflow: DesiredWorkflow, above: readonly Level[], path: Path): Source[] {
  const schema = schemaOf('Workflow')
  const at = (level: Level | undefined): Json | undefined => readPath(level?.document, path, schema)
  return collect(workflow, above, path, (level, before) => !equal(at(level), at(before)))
}

function orderedBefore(workflow: DesiredWorkflow, above: readonly Level[], path: Path): Source[] {
  const text = formatPath(path)
  return collect(workflow, above, path, ({ reordered }) => reordered.some((other) => formatPath(other) === text))
}

function collect(
  workflow: DesiredWorkflow,
  above: readonly Level[],
  path: Path,
  hasChanged: (level: Level, before: Level | undefined) => boolean,
): Source[] {
  const sources: Source[] = []
  for (let index = above.length - 1; index > 0; index--) {
    const level = above[index] as Level
    if (hasChanged(level, above[index - 1])) sources.push(overlaySource(level.chain.overlay, level.document, path))
  }
  const value = readPath(above[0]?.document, path, schemaOf('Workflow'))
  return value === undefined ? sources : [...sources, templateSource(workflow, path, value)]
}

function overlaySource(overlay: Chain['overlay'], document: WorkflowDocument | undefined, path: Path): Source {
  const value = readPath(document, path, schemaOf('Workflow'))
  const { owner = '', file = '' } = overlay ?? {}
  const isDefault = overlay !== null && isDefaultAt(overlay.resource.spec, path)
  return {
    owner,
    file,
    pathInFile: patchPath(formatPath(path)),
    ...(value !== undefined && { value }),
    ...(isDefault && { isDefault }),
  }
}

/** The layers of a workflow from the template down: the release, then each overlay. */
export function layersOf(workflow: DesiredWorkflow): { owner: string; file: string; base?: string }[] {
  const overlays = overlaysOf(workflow.chain)
  return [
    { owner: workflow.owner, file: templateFile(workflow) },
    ...overlays.map((overlay) => ({ owner: overlay.owner, file: overlay.file, base: overlay.resource.spec.base })),
  ]
}

/** Where each tag and value of a tenant comes from: the winner, and what it overrode. Maps are told key by key, as they merge. */
export function explainTenant(node: TenantNode): ExplainedField[] {
  return (['tags', 'values'] as const).flatMap((section) => {
    const sources: ValueSource[] = []
    for (let at: TenantNode | null = node; at; at = at.parent) {
      const value = at.declared.resource.spec[section] as Json | undefined
      if (value !== undefined)
        sources.push({ owner: at.path, file: at.declared.file, pathInFile: `/spec/${section}`, value })
    }
    return explainValue([section], sources)
  })
}

type ValueSource = Source & { readonly value: Json }

/** `sources` all say something about this path, nearest first. */
function explainValue(path: Path, sources: readonly ValueSource[]): ExplainedField[] {
  const [setBy, ...overrode] = sources
  if (!setBy) return []
  const end = sources.findIndex(({ value }) => !isMap(value))
  const maps = sources.slice(0, end < 0 ? sources.length : end)
  const names = [...new Set(maps.flatMap(({ value }) => Object.keys(value as JsonMap)))].sort()
  if (names.length === 0)
    return path.length === 1 ? [] : [{ path: formatPath(path), value: setBy.value, setBy, overrode }]
  return names.flatMap((name) =>
    explainValue(
      [...path, name],
      maps.flatMap((source) => {
        const value = get(source.value as JsonMap, name)
        return value === undefined
          ? []
          : [{ ...source, pathInFile: `${source.pathInFile}${formatPath([name])}`, value }]
      }),
    ),
  )
}

function chainsOf(chain: Chain): Chain[] {
  const chains: Chain[] = []
  for (let at: Chain | null = chain; at; at = chainBefore(at)) chains.unshift(at)
  return chains
}

function documentAt(state: DesiredState, chain: Chain, release: string): WorkflowDocument | undefined {
  const rendering = state.renderer.render(chain, release)
  return rendering.kind === 'rendered' ? rendering.document : undefined
}

function templateFile({ chain, release }: DesiredWorkflow): string {
  const { workflow } = chain
  return (workflow.releases.get(release) ?? workflow.head)?.file ?? ''
}

function templateSource(workflow: DesiredWorkflow, path: Path, value: Json): Source {
  const { workflow: files } = workflow.chain
  const release = files.releases.get(workflow.release) ?? files.head
  const isDefault = release && !isUnreadable(release) && isDefaultAt(release.resource.spec, path)
  return {
    owner: workflow.owner,
    file: release?.file ?? '',
    pathInFile: formatPath(path),
    value,
    ...(isDefault && { isDefault }),
  }
}
