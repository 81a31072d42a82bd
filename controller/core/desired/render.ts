import {
  applyOverlay,
  checkLocks,
  type Conflict,
  type MergeOptions,
  type Notice,
  threeWayMerge,
} from '../merge/index.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import { type Problem, problem } from '../model/problems.ts'
import { schemaOf } from '../model/schemas.ts'
import { type Json, type JsonMap, newMap } from '../model/values.ts'
import { type Declared, isUnreadable } from './fleet.ts'
import { type Chain, isLayer, type LayerChain, overlaysBeside } from './chain.ts'
import { locksOf } from './locks-of.ts'
import { defaultsOf } from './defaults.ts'
import { lostAnchors } from './lost-anchors.ts'
import { changesAt, mergeBeside } from './overlays-beside.ts'
import { lockProblem, lostProblem, overlayProblem, patchPath } from './render-problems.ts'
import { frozenBy, newestFirst } from './releases.ts'
import type { StepPool } from './step-pool.ts'
import { stepReferences } from './step-references.ts'

/** A workflow document reduced to what is merged. */
export type WorkflowDocument = JsonMap & { readonly spec: JsonMap }

export type Rendering =
  | { readonly kind: 'rendered'; readonly document: WorkflowDocument; readonly notices: readonly Notice[] }
  | {
      readonly kind: 'conflicted'
      readonly level: Declared<'Overlay'>
      /** Present where the overlay competes with another one of its own tenant, and not with a release. */
      readonly beside?: Declared<'Overlay'>
      readonly conflicts: readonly Conflict[]
      readonly provisional: WorkflowDocument
    }
  | { readonly kind: 'invalid'; readonly problem: Problem }

/** A chain at the newest release, not newer than the wanted one, that every level merges with. */
export interface Resolved {
  readonly release: string
  readonly rendering: Rendering & { kind: 'rendered' | 'invalid' }
  /** Present where a level could not follow: the conflict of the newest release that was tried. */
  readonly held?: { readonly wanted: string; readonly at: Rendering & { kind: 'conflicted' } }
}

/** What is merged at one level for one release. */
export interface Level {
  readonly kind: 'level'
  /** The overlay's patch in the shape of the document. */
  readonly change: JsonMap
  readonly input: {
    readonly base: WorkflowDocument
    readonly ours: WorkflowDocument
    readonly theirs: WorkflowDocument
  }
  readonly options: MergeOptions
  readonly notices: readonly Notice[]
}

export interface Renderer {
  /** What an upgrade to a release merges at this level, before anybody decides. */
  levelAt(chain: LayerChain, release: string): Level | Exclude<Rendering, { kind: 'rendered' }>
  /** The chain with one release below it, level by level, whatever comes of it. */
  render(chain: Chain, release: string): Rendering
  resolve(chain: Chain, wanted: string): Resolved
}

/** What earlier resolves leave: renderings by key of the chain and release, and their steps. */
export interface Rendered {
  readonly renderings: Map<string, Rendering & { kind: 'rendered' }>
  readonly steps: StepPool
}

/** The first error of a workflow that has most of its steps `from` another one; its path is one of the workflow. */
type Check = (spec: Workflow['spec'], from?: Workflow['spec']) => Problem | undefined

/**
 * Renders chains of overlays over releases. A rendering is a function of (release, chain) alone and is computed once:
 * nothing of a tenant enters it.
 *
 * Level i is `merge3(base = level above at the overlay's base release, ours = that with the overlay, theirs = level
 * above at the wanted release)`, so a level without an overlay follows by itself.
 */
export function createRenderer(check: Check, { renderings: remembered, steps: pool }: Rendered): Renderer {
  const renderings = new WeakMap<Chain, Map<string, Rendering>>()
  const resolutions = new WeakMap<Chain, Map<string, Resolved>>()
  const render = (chain: Chain, release: string): Rendering =>
    memo(renderings, chain, release, () => {
      // Equal overlays of different tenants make one document. What went wrong names its owner, and is not shared.
      const key = `${chain.key} ${release}`
      const known = remembered.get(key)
      if (known) return known
      const rendering = renderLevel(chain, release)
      if (rendering.kind === 'rendered') remembered.set(key, rendering)
      return rendering
    })
  const schema = schemaOf('Workflow')

  function renderLevel(chain: Chain, release: string): Rendering {
    if (!isLayer(chain)) return chain.standsFor ? clone(chain, release) : template(chain, release)
    if (chain.beside) return renderBeside(chain, chain.beside, release)
    const { overlay } = chain
    const level = levelAt(chain, release)
    if (level.kind !== 'level') return level
    const { input, options, notices } = level
    if (input.base === input.theirs) return checked(overlay, input.ours, input.theirs, notices)
    const merged = threeWayMerge({ ...input, schema }, options)
    if (merged.kind === 'conflicted') {
      const { conflicts, value } = merged
      return { kind: 'conflicted', level: overlay, conflicts, provisional: value as WorkflowDocument }
    }
    return checked(overlay, merged.value as WorkflowDocument, input.theirs, [...notices, ...merged.notices])
  }

  /** Overlays of one tenant are independent: where two of them say different things nobody knows which one is meant. */
  function renderBeside(
    chain: LayerChain,
    { before, alone }: NonNullable<Chain['beside']>,
    release: string,
  ): Rendering {
    const [base, ours, theirs] = [render(chain.above, release), render(before, release), render(alone, release)]
    if (base.kind !== 'rendered') return base
    if (ours.kind !== 'rendered') return ours
    if (theirs.kind !== 'rendered') return theirs
    const others = overlaysBeside(before).map((other) => ({
      overlay: other.overlay,
      rendering: render(other, release),
    }))
    const merged = mergeBeside({
      base: base.document,
      ours: ours.document,
      theirs: theirs.document,
      others,
      own: alone.overlay,
    })
    if (merged.kind === 'clean')
      return checked(alone.overlay, merged.value as WorkflowDocument, base.document, [
        ...ours.notices,
        ...theirs.notices,
        ...merged.notices,
      ])
    const { conflicts, value } = merged
    const [first] = conflicts
    const beside = others.find(({ rendering }) => first && changesAt(rendering, base.document, first.path))?.overlay
    return {
      kind: 'conflicted',
      level: alone.overlay,
      beside: beside ?? before.overlay,
      conflicts,
      provisional: value as WorkflowDocument,
    }
  }

  function levelAt(chain: LayerChain, release: string): Level | Exclude<Rendering, { kind: 'rendered' }> {
    const { overlay } = chain
    const { base, patch } = overlay.resource.spec
    const theirs = render(chain.above, release)
    if (theirs.kind !== 'rendered') return theirs
    const from = render(chain.above, base)
    if (from.kind === 'conflicted') return from
    if (from.kind === 'invalid') {
      const place = { file: overlay.file, line: 1, column: 1 }
      return { kind: 'invalid', problem: { ...from.problem, place, path: '/spec/base' } }
    }
    const change = newMap()
    change['spec'] = patch as Json
    const applied = applyOverlay({ base: from.document, overlay: change, schema })
    if (applied.kind === 'invalid') return { kind: 'invalid', problem: overlayProblem(overlay, applied.problems) }
    const ours = applied.value as WorkflowDocument
    const [broken] = checkLocks({
      from: from.document,
      to: ours,
      schema,
      locks: locksOf(chain.above, from.document, overlay.owner),
    })
    if (broken) return { kind: 'invalid', problem: lockProblem(overlay.file, broken, patchPath) }
    const moved = (theirs.document.spec['moved'] ?? []) as NonNullable<Workflow['spec']['moved']>
    return {
      kind: 'level',
      change,
      input: { base: from.document, ours, theirs: theirs.document },
      options: {
        locks: locksOf(chain.above, theirs.document, overlay.owner),
        references: stepReferences,
        moved,
        defaults: defaultsOf(theirs.document.spec),
        lostAnchors: lostAnchors(change, theirs.document, moved),
      },
      notices: applied.notices,
    }
  }

  /** The release itself; a clone without releases is its head. */
  function template({ workflow }: Chain, release: string): Rendering {
    const entry = workflow.releases.get(release) ?? (workflow.releases.size === 0 ? workflow.head : undefined)
    if (!entry)
      return { kind: 'invalid', problem: problem('unknown-release', `${workflow.name} has no release ${release}`) }
    if (isUnreadable(entry)) return { kind: 'invalid', problem: frozenBy(entry.file, entry.unreadable) }
    const document = pool.intern(documentOf(entry.resource))
    const cause = check(specOf(document))
    if (cause) return { kind: 'invalid', problem: { ...cause, place: { file: entry.file, line: 1, column: 1 } } }
    return { kind: 'rendered', document, notices: [] }
  }

  /** The clone itself; what is locked above it is locked for it too. */
  function clone(chain: Chain, release: string): Rendering {
    const own = template(chain, release)
    const origin = chain.standsFor && render(chain.standsFor.chain, chain.standsFor.base)
    if (own.kind !== 'rendered' || !origin || !chain.standsFor) return own
    if (origin.kind !== 'rendered') return origin
    const locks = locksOf(chain.standsFor.chain, origin.document, chain.workflow.owner)
    const [broken] = checkLocks({ from: origin.document, to: own.document, schema, locks })
    return broken ? { kind: 'invalid', problem: lockProblem(chain.workflow.head?.file ?? '', broken) } : own
  }

  function checked(
    overlay: Declared<'Overlay'>,
    made: WorkflowDocument,
    above: WorkflowDocument,
    notices: readonly Notice[],
  ): Rendering {
    const document = pool.intern(made)
    const cause = check(specOf(document), specOf(above))
    if (!cause) return { kind: 'rendered', document, notices }
    const message = `with this overlay ${cause.message}`
    return {
      kind: 'invalid',
      problem: problem('invalid-result', message, {
        place: { file: overlay.file, line: 1, column: 1 },
        path: patchPath(cause.path ?? ''),
        ...(cause.hint !== undefined && { hint: cause.hint }),
        ...(cause.mark !== undefined && { mark: cause.mark }),
      }),
    }
  }

  function resolve(chain: Chain, wanted: string): Resolved {
    return memo(resolutions, chain, wanted, () => resolveLevel(chain, wanted))
  }

  function resolveLevel(chain: Chain, wanted: string): Resolved {
    if (!isLayer(chain))
      return { release: wanted, rendering: render(chain, wanted) as Rendering & { kind: 'rendered' | 'invalid' } }
    const above = resolve(chain.above, wanted)
    const first = render(chain, above.release)
    if (first.kind !== 'conflicted') return { ...above, rendering: first }
    const { base } = chain.overlay.resource.spec
    const older = newestFirst(chain.workflow.releases.keys())
    for (const release of [...older.slice(older.indexOf(above.release) + 1), base]) {
      const rendering = render(chain, release)
      if (rendering.kind === 'rendered') return { release, rendering, held: above.held ?? { wanted, at: first } }
    }
    return { release: above.release, rendering: { kind: 'invalid', problem: lostProblem(first) } }
  }

  return { render, resolve, levelAt }
}

function specOf({ spec }: WorkflowDocument): Workflow['spec'] {
  return spec as unknown as Workflow['spec']
}

const documents = new WeakMap<Workflow, WorkflowDocument>()

/** One document object a release, so that equal renderings stay one object. */
export function documentOf(workflow: Workflow): WorkflowDocument {
  let document = documents.get(workflow)
  if (!document) {
    const map = newMap()
    map['spec'] = workflow.spec as unknown as Json
    document = map as WorkflowDocument
    documents.set(workflow, document)
  }
  return document
}

function memo<T>(store: WeakMap<Chain, Map<string, T>>, chain: Chain, release: string, make: () => T): T {
  const known = store.get(chain) ?? new Map<string, T>()
  store.set(chain, known)
  let value = known.get(release)
  if (value === undefined) {
    value = make()
    known.set(release, value)
  }
  return value
}
