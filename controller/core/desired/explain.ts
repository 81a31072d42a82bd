import { diffPaths, formatPath, type Path, readPath } from '../merge/index.ts'
import { schemaOf } from '../model/schemas.ts'
import type { Json } from '../model/values.ts'
import { outermost } from './compare.ts'
import type { TenantNode } from './hierarchy.ts'
import { type Chain, overlaysOf } from './layers.ts'
import { patchPath, type WorkflowDocument } from './render.ts'
import type { DesiredState, DesiredWorkflow } from './resolve.ts'

/** Who says a value: `file` and the field path inside it, so that a line can be found. */
export interface Source {
  /** Tenant that owns the layer; empty for the template. */
  readonly owner: string
  readonly file: string
  readonly pathInFile: string
  readonly value?: Json
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

/** Which layer set each customised field of an effective workflow, and what it overrode. */
export function explainWorkflow(state: DesiredState, workflow: DesiredWorkflow): ExplainedField[] {
  const schema = schemaOf('Workflow')
  const levels = chainsOf(workflow.chain).map((chain) => ({
    chain,
    document: documentAt(state, chain, workflow.release),
  }))
  const fields = new Map<string, ExplainedField>()
  const [template] = levels
  for (const [index, { chain, document }] of levels.entries()) {
    const above = levels[index - 1]
    if (!above || !chain.overlay) continue
    const { added, modified, removed, reordered } = diffPaths({ from: above.document, to: document, schema })
    for (const path of outermost([...modified, ...added, ...removed, ...reordered])) {
      const text = formatPath(path)
      const earlier = fields.get(text)
      const value = readPath(document, path, schema)
      const before = readPath(template?.document, path, schema)
      const origin: Source[] = before === undefined ? [] : [templateSource(workflow, path, before)]
      fields.set(text, {
        path: text,
        ...(value !== undefined && { value }),
        setBy: {
          owner: chain.overlay.owner,
          file: chain.overlay.file,
          pathInFile: patchPath(text),
          ...(value !== undefined && { value }),
        },
        overrode: earlier ? [earlier.setBy, ...earlier.overrode] : origin,
      })
    }
  }
  return [...fields.values()]
}

/** The layers of a workflow from the template down: the release, then each overlay. */
export function layersOf(workflow: DesiredWorkflow): { owner: string; file: string; base?: string }[] {
  const overlays = overlaysOf(workflow.chain)
  return [
    { owner: workflow.owner, file: templateFile(workflow) },
    ...overlays.map((overlay) => ({ owner: overlay.owner, file: overlay.file, base: overlay.resource.spec.base })),
  ]
}

/** Where each tag and value of a tenant comes from: the winner, and what it overrode. */
export function explainTenant(node: TenantNode): ExplainedField[] {
  const fields: ExplainedField[] = []
  for (const [section, effective] of [
    ['tags', node.tags],
    ['values', node.values],
  ] as const) {
    for (const name of Object.keys(effective).sort()) {
      const sources: Source[] = []
      for (let at: TenantNode | null = node; at; at = at.parent) {
        const value = (at.declared.resource.spec[section] as Record<string, Json> | undefined)?.[name]
        if (value !== undefined)
          sources.push({ owner: at.path, file: at.declared.file, pathInFile: `/spec/${section}/${name}`, value })
      }
      const [setBy, ...overrode] = sources
      if (setBy)
        fields.push({
          path: `/${section}/${name}`,
          value: (effective as Record<string, Json>)[name] as Json,
          setBy,
          overrode,
        })
    }
  }
  return fields
}

function chainsOf(chain: Chain): Chain[] {
  const chains: Chain[] = []
  for (let at: Chain | null = chain; at; at = at.above) chains.unshift(at)
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
  return { owner: workflow.owner, file: templateFile(workflow), pathInFile: formatPath(path), value }
}
