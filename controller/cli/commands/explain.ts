import { showSafely } from '../../core/model/terminal-text.ts'
import { type ExplainedField, explainTenant, explainWorkflow, layersOf, type Source } from '../../core/desired/index.ts'
import { problem } from '../../core/model/problems.ts'
import type { Json } from '../../core/model/values.ts'
import { type Call, type Command, CommandError } from '../command.ts'
import { offlineOptions, type OpenedFleet, tenantOf, withFleet } from '../open-fleet.ts'
import { mountOf, sourceJson, sourceWords } from '../show-source.ts'
import { workflowOf } from './render.ts'

export const explain: Command = {
  name: 'explain',
  summary: 'which layer, file and line set each customised field, and what it overrode',
  args: [
    ['<tenant>', 'path of the tenant'],
    ['[workflow]', 'one of its workflows; without it, where its tags and values come from'],
    ['[path]', 'only this field and what is inside it, such as /spec/steps/[id=isolate]'],
  ],
  options: offlineOptions,
  examples: [
    'headwater explain acme/north/contoso phishing-response',
    "headwater explain acme/north/contoso phishing-response '/spec/steps/[id=ticket]'",
    'headwater explain acme/north/contoso',
  ],
  run: (call) =>
    withFleet(call, async (fleet) => {
      const [path, name, field] = call.args as [string, string?, string?]
      if (name === undefined) {
        tenantOf(fleet, path)
        const node = fleet.desired.hierarchy.nodes.get(path)
        return show(call, fleet, { tenant: path, ...sourceOf(fleet, path) }, node ? explainTenant(node) : [])
      }
      const workflow = workflowOf(fleet, path, name)
      const fields = explainWorkflow(fleet.desired, workflow).filter(
        (item) => field === undefined || item.path === field || item.path.startsWith(`${field}/`),
      )
      if (field !== undefined && fields.length === 0 && !field.startsWith('/')) {
        throw new CommandError(
          problem('wrong-value', `\`${field}\` is no path`, {
            hint: 'a path looks like /spec/steps/[id=isolate]/with',
          }),
          2,
        )
      }
      return show(
        call,
        fleet,
        {
          tenant: path,
          ...sourceOf(fleet, path),
          workflow: name,
          release: workflow.release,
          share: workflow.share.file,
          layers: layersOf(workflow),
        },
        fields,
      )
    }),
}

interface Subject {
  readonly tenant: string
  /** Where the tenant's files come from, where that is not the fleet itself. */
  readonly source?: ReturnType<typeof sourceJson>
  readonly workflow?: string
  readonly release?: string
  readonly share?: string
  readonly layers?: ReturnType<typeof layersOf>
}

async function show(call: Call, fleet: OpenedFleet, subject: Subject, fields: readonly ExplainedField[]): Promise<0> {
  const placed = await Promise.all(
    fields.map(async ({ path, value, setBy, overrode }) => ({
      path,
      value,
      setBy: await placedSource(fleet, setBy),
      overrode: await Promise.all(overrode.map((source) => placedSource(fleet, source))),
    })),
  )
  const { out } = call
  if (out.isJson) {
    out.json({ ...subject, fields: placed })
    return 0
  }
  const mount = mountOf(fleet.snapshot, subject.tenant)
  if (mount) out.line(`files from ${showSafely(mount.url)}, ${showSafely(sourceWords(mount))}`)
  if (subject.workflow !== undefined) {
    out.line(`${subject.tenant} ${subject.workflow} ${subject.release}, by ${subject.share}`)
    for (const layer of subject.layers ?? [])
      out.line(
        `  ${layer.owner === '' ? 'template' : layer.owner}  ${layer.file}${layer.base === undefined ? '' : ` (base ${layer.base})`}`,
      )
    out.line()
  }
  if (placed.length === 0) out.line('nothing is customised here: every field is as the template has it')
  for (const { path, value, setBy, overrode } of placed) {
    out.line(`${out.style('bold', showSafely(path))} ${value === undefined ? 'taken away' : `= ${brief(value)}`}`)
    out.line(`  set by    ${at(setBy)}  ${whose(setBy)}`)
    for (const source of overrode)
      out.line(
        `  overrode  ${at(source)}  ${whose(source)}${source.value === undefined ? ' took it away' : ` = ${brief(source.value)}`}`,
      )
  }
  return 0
}

function sourceOf({ snapshot }: OpenedFleet, tenant: string) {
  const mount = mountOf(snapshot, tenant)
  return mount && { source: sourceJson(mount) }
}

async function placedSource(fleet: OpenedFleet, { owner, file, pathInFile, value, isDefault }: Source) {
  const { line, column } = await fleet.places.find(file, pathInFile)
  return { owner, file, line, column, ...(value !== undefined && { value }), ...(isDefault && { isDefault }) }
}

function at({ file, line }: { file: string; line: number }): string {
  return `${file}:${line}`
}

function whose({ owner, isDefault }: { owner: string; isDefault?: true }): string {
  return `${owner === '' ? 'template' : owner}${isDefault ? ' (default)' : ''}`
}

function brief(value: Json): string {
  const text = showSafely(JSON.stringify(value))
  return text.length > 100 ? `${text.slice(0, 97)}…` : text
}
