import { parse } from 'yaml'
import { problem } from '../../core/model/problems.ts'
import type { RunSummary } from '../../core/run/run-summary.ts'
import { type ApiClient, onlineOptions, openApi } from '../api-client.ts'
import { type Call, type Command, CommandError, type ExitCode, text } from '../command.ts'
import type { BulkProgress } from '../../triggers/bulk-runs.ts'
import { readGiven } from '../read-given.ts'
import { type RunDetail, showRun } from '../show-run.ts'
import { showBulk, waitForBulk } from './bulk.ts'

export const run: Command = {
  name: 'run',
  summary: 'starts a workflow for a tenant, or for all that a tag expression selects',
  args: [['<workflow>', 'short name of a workflow that the tenant receives']],
  options: [
    ['--tenant <path>', 'the tenant to run it for (this or --to is required)'],
    ['--to <expression>', 'the tenants to run it for, as a tag expression: a bulk run'],
    ['--concurrency <number>', 'with --to: so many runs at the same time (default: 20)'],
    ['--halt-on-failure-rate <percent>', 'with --to: start no more once more than this fail, such as 20%'],
    ['--input <file>', 'YAML or JSON file with the inputs'],
    ['--request-id <text>', 'the same id is the same run, however often it is sent'],
    ['--sandbox', 'perform its actions in the sandbox of the controller, and reach no vendor'],
    ['--wait', 'show what happens and wait for the end; exit 1 where it does not succeed'],
    ...onlineOptions,
  ],
  examples: [
    'headwater run user-lockout --tenant acme/north/contoso --input input.yaml --wait',
    'headwater run user-lockout --tenant acme/north/contoso --input input.yaml --sandbox --wait',
    "headwater run user-lockout --to 'tier=gold region=eu' --input input.yaml --halt-on-failure-rate 20% --wait",
    'headwater run show RUN',
    'headwater run approve RUN --step confirm',
  ],
  run: async (call) => {
    const [tenant, to] = [text(call, 'tenant'), text(call, 'to')]
    if (tenant === undefined && to === undefined)
      throw new CommandError(problem('missing-field', 'say for which tenant: --tenant acme/north/contoso'), 2)
    if (tenant !== undefined && to !== undefined)
      throw new CommandError(problem('wrong-value', '--tenant names one tenant, --to selects several: keep one'), 2)
    if (to !== undefined) return runBulk(call, to)
    const inputs = readInputs(call)
    const api = openApi(call)
    const requestId = text(call, 'requestId')
    const { runs } = await api.post<{ runs: { id: string; state: string }[] }>('/v1/runs', {
      tenant,
      workflow: call.args[0],
      inputs,
      ...(requestId !== undefined && { requestId }),
      ...(call.options['sandbox'] === true && { sandbox: true }),
    })
    const [started] = runs
    const id = started?.id ?? ''
    if (call.options['wait'] !== true) {
      if (call.out.isJson) call.out.json(started)
      else call.out.line(`${started?.state} ${id}`)
      return 0
    }
    return show(call, await waitForEnd(api, id))
  },
}

async function runBulk(call: Call, to: string): Promise<ExitCode> {
  const [concurrency, rate] = [text(call, 'concurrency'), text(call, 'haltOnFailureRate')]
  if (concurrency !== undefined && !/^[1-9]\d{0,3}$/.test(concurrency))
    throw new CommandError(problem('wrong-value', `\`${concurrency}\` is no number of runs`), 2)
  const percent = /^(\d{1,2}(?:\.\d+)?|100)%$/.exec(rate ?? '0%')?.[1]
  if (percent === undefined) throw new CommandError(problem('wrong-value', `\`${rate}\` is no rate, such as 20%`), 2)
  const requestId = text(call, 'requestId')
  const inputs = readInputs(call)
  const api = openApi(call)
  const begun = await api.post<BulkProgress>('/v1/bulk-runs', {
    workflow: call.args[0],
    to,
    inputs,
    ...(concurrency !== undefined && { concurrency: Number(concurrency) }),
    ...(rate !== undefined && { haltOnFailureRate: Number(percent) / 100 }),
    ...(requestId !== undefined && { requestId }),
    ...(call.options['sandbox'] === true && { sandbox: true }),
  })
  if (call.options['wait'] === true) return waitForBulk(call, api, begun.id)
  showBulk(call, begun)
  return 0
}

export const runShow: Command = {
  name: 'run show',
  summary: 'one run step by step, with the vendor each action reached',
  args: [['<run>', 'id of the run']],
  options: onlineOptions,
  examples: ['headwater run show RUN', 'headwater run show RUN -o json'],
  run: async (call) => {
    const detail = await openApi(call).get<RunDetail>(`/v1/runs/${encodeURIComponent(call.args[0] ?? '')}`)
    show(call, detail)
    return 0
  },
}

export const runApprove: Command = {
  name: 'run approve',
  summary: 'answers an approval that a run waits for',
  args: [['<run>', 'id of the run']],
  options: [
    ['--step <id>', 'the step that asks (required)'],
    ['--reject', 'say no'],
    ['--comment <text>', 'why'],
    ...onlineOptions,
  ],
  examples: [
    'headwater run approve RUN --step confirm',
    'headwater run approve RUN --step confirm --reject --comment "false positive"',
  ],
  run: async (call) => {
    const step = text(call, 'step')
    if (step === undefined) throw new CommandError(problem('missing-field', 'say which step asks: --step ID'), 2)
    const comment = text(call, 'comment')
    const approved = call.options['reject'] !== true
    await openApi(call).post(`/v1/runs/${encodeURIComponent(call.args[0] ?? '')}/approvals`, {
      step,
      approved,
      ...(comment !== undefined && { comment }),
    })
    if (call.out.isJson) call.out.json({ run: call.args[0], step, approved })
    else call.out.line(`${approved ? 'approved' : 'rejected'} ${step}`)
    return 0
  },
}

export const runResolve: Command = {
  name: 'run resolve',
  summary: 'says what became of an attempt whose outcome is unknown, after you have looked at the product',
  args: [['<run>', 'id of the run']],
  options: [
    ['--step <id>', 'the step (required)'],
    ['--connection <name>', 'the connection that it was attempted on (required)'],
    ['--as <outcome>', 'succeeded, failed or retry (required)'],
    ['--comment <text>', 'what you found'],
    ...onlineOptions,
  ],
  examples: [
    'headwater run resolve RUN --step isolate --connection falcon --as succeeded --comment "contained in the console"',
  ],
  run: async (call) => {
    const [step, connection, as, comment] = ['step', 'connection', 'as', 'comment'].map((option) => text(call, option))
    if (step === undefined || connection === undefined || as === undefined)
      throw new CommandError(
        problem('missing-field', 'say which step on which connection, and as what: --step --connection --as'),
        2,
      )
    if (!['succeeded', 'failed', 'retry'].includes(as))
      throw new CommandError(problem('wrong-value', `\`${as}\` is none of succeeded, failed, retry`), 2)
    await openApi(call).post(`/v1/runs/${encodeURIComponent(call.args[0] ?? '')}/resolutions`, {
      step,
      connection,
      as,
      ...(comment !== undefined && { comment }),
    })
    if (call.out.isJson) call.out.json({ run: call.args[0], step, connection, as })
    else call.out.line(`${step} on ${connection}: ${as}`)
    return 0
  },
}

export const runCancel: Command = {
  name: 'run cancel',
  summary: 'cancels a run: what is at work ends, then it undoes what its workflow says',
  args: [['<run>', 'id of the run']],
  options: [
    ['--reason <text>', 'why'],
    ['--kill', 'end it at once: wait for nothing and undo nothing'],
    ...onlineOptions,
  ],
  examples: [
    'headwater run cancel RUN --reason "started by mistake"',
    'headwater run cancel RUN --kill --reason "it does not end"',
  ],
  run: async (call) => {
    const { run: now } = await openApi(call).post<{ run: RunSummary }>(
      `/v1/runs/${encodeURIComponent(call.args[0] ?? '')}/cancel`,
      { reason: text(call, 'reason') ?? '', ...(call.options['kill'] === true && { kill: true }) },
    )
    if (call.out.isJson) call.out.json({ run: now.id, state: now.state, reason: now.reason })
    else if (now.finishedAt === null) call.out.line(`being cancelled, now ${now.state}: headwater run show ${now.id}`)
    else call.out.line(now.state)
    return 0
  },
}

function readInputs(call: Call): unknown {
  const file = text(call, 'input')
  if (file === undefined) return {}
  const written = readGiven(call, file)
  try {
    return parse(written)
  } catch (cause) {
    throw new CommandError(problem('yaml-syntax', `${file} cannot be read: ${(cause as Error).message}`), 2)
  }
}

async function waitForEnd(api: ApiClient, id: string): Promise<RunDetail> {
  for (;;) {
    const detail = await api.get<RunDetail>(`/v1/runs/${id}`)
    // A run that waits for a person does not end by waiting here.
    const { finishedAt, state, reason } = detail.run
    const isLeftToUs = reason.includes('tried again') || / waits for run [0-9a-f]+$/.test(reason)
    if (finishedAt !== null || (state === 'waiting' && !isLeftToUs)) return detail
    await new Promise((done) => setTimeout(done, 150))
  }
}

function show(call: Call, detail: RunDetail): ExitCode {
  if (call.out.isJson) call.out.json(detail)
  else showRun(call.out, detail)
  return detail.run.state === 'succeeded' ? 0 : 1
}
