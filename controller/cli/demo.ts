import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sign } from '../core/access/webhook-signature.ts'
import { problem } from '../core/model/problems.ts'
import { isMap, type JsonMap, toValue } from '../core/model/values.ts'
import { summarise } from '../core/run/run-summary.ts'
import { matchAlert } from '../core/run/triggers.ts'
import type { LiveTenant } from '../reconcile/live-tenants.ts'
import type { RunningController } from './running-controller.ts'
import { CommandError } from './command.ts'
import type { Output } from './output.ts'
import { showRun } from './show-run.ts'

const alertFile = 'examples/alerts/edr-malware.json'

export interface DemoRun {
  readonly id: string
  readonly tenant: string
  readonly workflow: string
  readonly state: string
}

/** Delivers the sample alert, signed, to two customers whose products differ, and shows both runs to their end. */
export async function runDemo(
  out: Output,
  controller: RunningController,
  fleet: string,
  named: readonly string[],
): Promise<DemoRun[]> {
  const file = join(fleet, alertFile)
  if (!existsSync(file))
    throw new CommandError(
      problem('not-a-fleet', `--demo needs the sample alert ${alertFile}, which this fleet does not have`),
      2,
    )
  const body = readFileSync(file)
  const alert = toValue(JSON.parse(body.toString('utf8')))
  const { applied } = controller.view
  const candidates = (named.length > 0 ? named : applied.paths()).flatMap((path) => applied.get(path) ?? [])
  const tenants = twoWithDifferentProducts(candidates, isMap(alert) ? alert : {})
  if (tenants.length < 2)
    throw new CommandError(
      problem(
        'unknown-tenant',
        'the sample alert needs two customers with different products, and the fleet does not have them',
      ),
      1,
    )
  const shown: DemoRun[] = []
  if (!out.isJson)
    out.line(
      `\n${out.style('bold', 'one alert, two customers')}  ${alertFile} to ${tenants.map((tenant) => tenant.path).join(' and ')}\n`,
    )
  const ids: string[] = []
  for (const tenant of tenants) ids.push(...(await deliver(controller, tenant, body)))
  for (const id of ids) {
    const { state, events, connectors } = await controller.finished(id)
    const run = summarise(state)
    shown.push({ id, tenant: run.tenant, workflow: run.workflow, state: run.state })
    if (out.isJson) continue
    showRun(out, { run, events, connectors, outputs: state.outputs ?? {} })
    out.line()
  }
  return shown
}

/** The first two tenants that the alert starts a workflow for, with no connector in common for what contains. */
function twoWithDifferentProducts(tenants: readonly LiveTenant[], alert: JsonMap): LiveTenant[] {
  const chosen: { tenant: LiveTenant; connectors: ReadonlySet<string> }[] = []
  for (const tenant of tenants) {
    const { matches } = matchAlert({ alert, tenant: tenant.context, workflows: [...tenant.workflows.values()] })
    if (matches.length === 0) continue
    const isolating = tenant.context.bindings['isolate_endpoint']?.connections ?? []
    const connectors = new Set(isolating.map((connection) => connection.connector))
    if (chosen.every((other) => other.connectors.isDisjointFrom(connectors))) chosen.push({ tenant, connectors })
    if (chosen.length === 2) break
  }
  return chosen.map(({ tenant }) => tenant)
}

async function deliver(controller: RunningController, tenant: LiveTenant, body: Buffer): Promise<string[]> {
  const id = randomUUID()
  const timestamp = String(Math.floor(controller.view.now() / 1000))
  const signature = sign(controller.view.webhookSecret(tenant.uid), { id, timestamp, body })
  const response = await fetch(`${controller.url}/hooks/${tenant.path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
    },
    body: new Uint8Array(body),
  })
  const answer = (await response.json()) as { runs?: { id: string }[]; error?: { message: string } }
  if (!response.ok)
    throw new CommandError(problem('refused', answer.error?.message ?? `the alert was answered ${response.status}`), 3)
  return (answer.runs ?? []).map((run) => run.id)
}
