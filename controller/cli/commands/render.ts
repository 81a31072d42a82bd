import { stringify } from 'yaml'
import { type DesiredWorkflow, layersOf } from '../../core/desired/index.ts'
import { formatPath } from '../../core/merge/index.ts'
import { suggestName } from '../../core/model/suggest-name.ts'
import { problem } from '../../core/model/problems.ts'
import { showSafely } from '../../core/model/terminal-text.ts'
import { type Command, CommandError } from '../command.ts'
import { offlineOptions, type OpenedFleet, tenantOf, withFleet } from '../open-fleet.ts'
import { count } from '../output.ts'

export const render: Command = {
  name: 'render',
  summary: 'effective workflows of a tenant, with digest and provenance',
  args: [
    ['<tenant>', 'path of the tenant, such as acme/north/contoso'],
    ['[workflow]', 'only this one'],
  ],
  options: offlineOptions,
  examples: [
    'headwater render acme/north/contoso',
    'headwater render acme/north/contoso phishing-response',
    'headwater render acme/north/contoso -o json --ref main',
  ],
  run: (call) =>
    withFleet(call, async (fleet) => {
      const [path, name] = call.args as [string, string?]
      const tenant = tenantOf(fleet, path)
      const chosen = name === undefined ? [...tenant.workflows.values()] : [workflowOf(fleet, path, name)]
      if (call.out.isJson) {
        call.out.json({
          tenant: tenant.path,
          digest: tenant.digest,
          workflows: chosen.map((workflow) => ({ ...provenance(fleet, workflow), spec: workflow.spec })),
          ...(name === undefined && { context: tenant.context }),
        })
        return 0
      }
      for (const workflow of chosen) {
        const { layers, held, notices } = provenance(fleet, workflow)
        call.out.line('---')
        call.out.line(`# ${tenant.path} ${workflow.name} ${workflow.release}`)
        call.out.line(`# digest ${workflow.digest}`)
        for (const layer of layers)
          call.out.line(`# ${layer.owner === '' ? 'template' : `overlay of ${layer.owner}`}: ${layer.file}`)
        if (held)
          call.out.line(`# held back from ${held.wanted}: ${count(held.conflicts, 'conflict')} at ${held.level}`)
        for (const notice of notices) call.out.line(`# notice ${notice.code} at ${showSafely(notice.path)}`)
        const document = {
          apiVersion: 'headwater.dev/v1',
          kind: 'Workflow',
          metadata: { name: workflow.name },
          spec: workflow.spec,
        }
        call.out.line(stringify(document, { lineWidth: 0 }).trimEnd())
      }
      return 0
    }),
}

/** The effective workflow of a command's argument; ends the command where the tenant does not have it. */
export function workflowOf(fleet: OpenedFleet, path: string, name: string): DesiredWorkflow {
  const tenant = tenantOf(fleet, path)
  const workflow = tenant.workflows.get(name)
  if (workflow) return workflow
  const near = suggestName(name, [...tenant.workflows.keys()])
  throw new CommandError(
    problem(
      'unknown-workflow',
      `${path} does not receive a workflow \`${name}\``,
      near === undefined ? {} : { hint: `did you mean \`${near}\`?` },
    ),
    1,
  )
}

function provenance(fleet: OpenedFleet, workflow: DesiredWorkflow) {
  const rendering = fleet.desired.renderer.render(workflow.chain, workflow.release)
  const notices =
    rendering.kind === 'rendered'
      ? rendering.notices.map((notice) => ({ code: notice.code, path: formatPath(notice.path) }))
      : []
  return {
    name: workflow.name,
    owner: workflow.owner,
    release: workflow.release,
    digest: workflow.digest,
    share: workflow.share.file,
    layers: layersOf(workflow),
    ...(workflow.held && {
      held: {
        wanted: workflow.held.wanted,
        level: workflow.held.at.level.owner,
        conflicts: workflow.held.at.conflicts.length,
      },
    }),
    notices,
  }
}
