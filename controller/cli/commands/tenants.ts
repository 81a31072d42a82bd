import { showSafely } from '../../core/model/terminal-text.ts'
import { type DesiredTenant, parseSelector, selects } from '../../core/desired/index.ts'
import { depthOf } from '../../core/model/names.ts'
import { problem } from '../../core/model/problems.ts'
import type { Mount, Snapshot } from '../../core/model/snapshot.ts'
import { type Command, CommandError } from '../command.ts'
import { offlineOptions, withFleet } from '../open-fleet.ts'
import { count } from '../output.ts'
import { mountOf, sourceJson, sourceWords } from '../show-source.ts'

export const tenants: Command = {
  name: 'tenants',
  summary: 'the tree of tenants, or those that a tag expression selects',
  args: [['[expression]', 'tag expression: `tier=gold,silver region=eu !industry=retail under:acme/north`']],
  options: offlineOptions,
  examples: [
    'headwater tenants',
    "headwater tenants 'tier=gold region=nordics'",
    'headwater tenants under:acme/north -o json',
  ],
  run: (call) => {
    const [expression] = call.args
    const selector = expression === undefined ? {} : parseSelector(expression)
    if (typeof selector === 'string') throw new CommandError(problem('wrong-value', selector), 2)
    return withFleet(call, async ({ desired, snapshot }) => {
      const { nodes } = desired.hierarchy
      const chosen = [...desired.tenants.values()].filter((tenant) => {
        const node = nodes.get(tenant.path)
        return node ? selects(selector, node) : expression === undefined
      })
      if (call.out.isJson) {
        call.out.json(
          chosen.map((tenant) => {
            const node = nodes.get(tenant.path)
            return {
              path: tenant.path,
              uid: node?.uid,
              displayName: node?.declared.resource.spec.displayName,
              state: stateOf(tenant, node?.suspended),
              ...sourceOf(snapshot, tenant.path),
              ...(tenant.kind === 'frozen' && { reason: tenant.cause.message }),
              tags: node?.tags,
              workflows:
                tenant.kind === 'valid'
                  ? Object.fromEntries([...tenant.workflows].map(([name, { release }]) => [name, release]))
                  : undefined,
              digest: tenant.kind === 'valid' ? tenant.digest : undefined,
            }
          }),
        )
        return 0
      }
      const isTree = expression === undefined
      const { mounts = [] } = snapshot
      call.out.table(
        ['tenant', 'name', 'tags', 'workflows', 'state', ...(mounts.length > 0 ? ['own repository'] : [])],
        chosen.map((tenant) => {
          const node = nodes.get(tenant.path)
          const label = isTree
            ? `${'  '.repeat(depthOf(tenant.path) - 1)}${tenant.path.slice(tenant.path.lastIndexOf('/') + 1)}`
            : tenant.path
          // In the tree a tag is shown where it is said, and holds for everything below.
          const shown = isTree ? node?.declared.resource.spec.tags : node?.tags
          const tags = Object.entries(shown ?? {}).map(([tag, value]) => `${tag}=${value}`)
          const state = stateOf(tenant, node?.suspended)
          const workflows = tenant.kind === 'valid' ? String(tenant.workflows.size) : ''
          return [
            label,
            showSafely(node?.declared.resource.spec.displayName ?? ''),
            tags.join(' '),
            workflows,
            state === 'frozen' ? call.out.style('red', '✗ frozen') : state,
            ...(mounts.length > 0 ? [words(mounts.find((mount) => mount.tenant === tenant.path))] : []),
          ]
        }),
      )
      call.out.remark(count(chosen.length, 'tenant'))
      return 0
    })
  },
}

function words(mount: Mount | undefined): string {
  return mount ? showSafely(sourceWords(mount)) : ''
}

function sourceOf(snapshot: Snapshot, tenant: string) {
  const mount = mountOf(snapshot, tenant)
  return mount && { source: sourceJson(mount) }
}

function stateOf(tenant: DesiredTenant, suspended: boolean | undefined): 'frozen' | 'suspended' | 'valid' {
  if (tenant.kind === 'frozen') return 'frozen'
  return suspended ? 'suspended' : 'valid'
}
