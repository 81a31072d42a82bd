import type { Declared, DesiredState, WorkflowFiles } from '../desired/index.ts'
import { fullName } from '../desired/fleet.ts'
import { targetRelease } from '../desired/releases.ts'
import type { Selector } from '../desired/select.ts'
import { visibleWorkflow } from '../desired/visible-workflow.ts'
import { editYaml } from '../merge/index.ts'
import { apiVersion } from '../model/gate-kind.ts'
import type { Share } from '../model/generated/kinds.ts'
import { isName, isWithin } from '../model/names.ts'
import { schemaOf } from '../model/schemas.ts'
import {
  type Authored,
  counted,
  edited,
  firstOf,
  isRefusal,
  type Refusal,
  refused,
  refusedBy,
  refusedUnplaced,
  type TextOf,
} from './authored.ts'
import { findWorkflow, ownerFolder, unknownTenant } from './find-workflow.ts'
import { inline, newDocument } from './new-document.ts'
import { schemaLineLike } from './schema-line.ts'
import { shareEffect } from './share-effect.ts'
import { pinEdits } from './share-pins.ts'
import { isSameSelector, selectorLines, selectorOf } from './share-selector.ts'

export interface ShareOptions {
  /** A tag expression as `headwater tenants` takes it. */
  readonly to: string
  readonly channel?: string
  readonly range?: string
  /** Of the share; that of the workflow unless told. */
  readonly name?: string
  readonly readOnly?: boolean
  /** The tenant in whose folder the share stands; the owner of the workflow unless told. */
  readonly owner?: string
}

type Item = Share['spec']['workflows'][number]

/** Hands a workflow to tenants: with a share of its own, or with the present share of that name. */
export function share(state: DesiredState, textOf: TextOf, name: string, options: ShareOptions): Authored {
  const selector = selectorOf(options.to)
  if (isRefusal(selector)) return selector
  const owner = options.owner ?? ownerOf(state, name)
  if (typeof owner !== 'string') return owner
  const outside = wrongScope(state, owner, selector)
  if (outside) return outside
  const workflow = visibleWorkflow(state.fleet, owner, name)
  if ('code' in workflow) return refusedBy(workflow)
  const item = itemOf(state, owner, workflow, options)
  if (isRefusal(item)) return item
  const target = targetRelease(workflow, item, { file: '', path: '' })
  if (target.kind === 'none') return refusedUnplaced(target.problem)

  const shareName = options.name ?? workflow.name
  if (!isName(shareName)) return refused('bad-name', `\`${shareName}\` cannot be the name of a share`)
  const file = `${ownerFolder(owner)}policies/shares/${shareName}.yaml`
  const present = presentShare(state, file)
  if (present && isRefusal(present)) return present
  const wanted = present
    ? withItem(present, item, selector, options.readOnly === true)
    : newShare(file, owner, shareName, item, selector, options.readOnly === true)
  if (isRefusal(wanted)) return wanted
  const effect = shareEffect(state, wanted, workflow)
  if (isRefusal(effect)) return effect

  const { updates } = wanted.resource.spec
  const pins = pinEdits(textOf, effect.fresh, {
    workflow: workflow.name,
    version: target.version,
    ...(updates && { updates }),
  })
  if (isRefusal(pins)) return pins
  const text = present ? addedTo(present, item, textOf) : shareText(state, textOf, wanted)
  if (typeof text !== 'string') return text
  const paths = (nodes: readonly { path: string }[]): string => firstOf(nodes.map(({ path }) => path))
  const { selected, fresh, kept } = effect
  return edited(
    [[file, text], ...pins],
    [
      `Share ${workflow.name} with ${counted(selected.length, 'tenant')}`,
      `${item.range === undefined ? `channel ${item.channel}` : `range ${item.range}`}, now ${target.version}`,
      paths(selected),
      ...(fresh.length < selected.length ? [`${counted(fresh.length, 'tenant')} did not have it before`] : []),
      ...(kept.length > 0 ? [`a nearer share decides for ${paths(kept)}`] : []),
      ...(pins.size > 0 ? [`pinned at ${target.version} in ${counted(pins.size, 'tenant.yaml file')}`] : []),
    ],
  )
}

function ownerOf(state: DesiredState, name: string): string | Refusal {
  const workflow = findWorkflow(state, name)
  return isRefusal(workflow) ? workflow : workflow.owner
}

function wrongScope(state: DesiredState, owner: string, { subtree }: Selector): Refusal | undefined {
  if (owner !== '' && !state.hierarchy.nodes.has(owner)) return unknownTenant(state, owner)
  if (subtree === undefined) return undefined
  if (!state.hierarchy.nodes.has(subtree)) return unknownTenant(state, subtree)
  return isWithin(subtree, owner)
    ? undefined
    : refused('out-of-scope', `a share of ${owner} cannot reach ${subtree}`, 'let a tenant above both own the share')
}

/** The line of the share: the short name wherever it says enough. */
function itemOf(state: DesiredState, owner: string, workflow: WorkflowFiles, options: ShareOptions): Item | Refusal {
  const { channel, range } = options
  if (channel !== undefined && range !== undefined)
    return refused('wrong-value', 'a share follows a channel or a range', 'leave out one of the two')
  const isShort = visibleWorkflow(state.fleet, owner, workflow.name) === workflow
  const name = isShort ? workflow.name : fullName(workflow.owner, workflow.name)
  return range === undefined ? { name, channel: channel ?? 'stable' } : { name, range }
}

function presentShare(state: DesiredState, file: string): Declared<'Share'> | Refusal | undefined {
  const other = file.replace(/\.yaml$/, '.yml')
  const found = state.fleet.shares.find((share) => share.file === file)
  if (found) return found
  const broken = state.fleet.problems.find(({ place }) => place?.file === file || place?.file === other)
  if (broken) return refusedBy(broken)
  return state.fleet.shares.some((share) => share.file === other)
    ? refused('duplicate-name', `${other} declares a share of this name`, 'choose another one with --name')
    : undefined
}

function withItem(
  present: Declared<'Share'>,
  item: Item,
  selector: Selector,
  isReadOnly: boolean,
): Declared<'Share'> | Refusal {
  const { file, owner, resource } = present
  const hint = 'choose another one with --name, or edit the file'
  if (!isSameSelector(resource.spec.to, selector, owner))
    return refused('duplicate-name', `${file} shares with other tenants`, hint)
  if ((resource.spec.access === 'read-only') !== isReadOnly)
    return refused('duplicate-name', `${file} is ${isReadOnly ? 'not ' : ''}read-only`, hint)
  const same = resource.spec.workflows.find(({ name }) => name === item.name)
  if (same)
    return refused(
      'wrong-value',
      `${file} shares ${item.name} already, by ${same.range ?? same.channel ?? 'stable'}`,
      'edit its line there',
    )
  return {
    ...present,
    resource: { ...resource, spec: { ...resource.spec, workflows: [...resource.spec.workflows, item] } },
  }
}

function newShare(
  file: string,
  owner: string,
  name: string,
  item: Item,
  to: Selector,
  isReadOnly: boolean,
): Declared<'Share'> {
  const spec: Share['spec'] = { workflows: [item], to, ...(isReadOnly && { access: 'read-only' as const }) }
  return { file, oid: '', owner, resource: { apiVersion, kind: 'Share', metadata: { name }, spec } }
}

function addedTo({ file }: Declared<'Share'>, item: Item, textOf: TextOf): string | Refusal {
  const edits = [{ path: ['spec', 'workflows', { name: item.name }], value: { ...item } }]
  const written = editYaml({ text: textOf(file), schema: schemaOf('Share'), edits })
  return written.kind === 'written'
    ? written.text
    : refused('wrong-value', `${file} cannot be edited: ${written.reason}`)
}

function shareText(state: DesiredState, textOf: TextOf, { file, resource }: Declared<'Share'>): string {
  const { access, workflows, to } = resource.spec
  const [neighbour] = state.fleet.shares
  const line = neighbour ? schemaLineLike({ file: neighbour.file, text: textOf(neighbour.file) }, file, 'Share') : ''
  const spec = [
    ...(access === undefined ? [] : [`  access: ${access}\n`]),
    '  workflows:\n',
    ...workflows.map((item) => `    - ${inline({ ...item })}\n`),
    `  to:\n${selectorLines(to)}`,
  ]
  return newDocument('Share', resource.metadata.name, spec.join(''), line)
}
