import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ControllerOptions, RunningController, StartController } from '../running-controller.ts'
import { stateFolder } from '../../config.ts'
import { isNetwork } from '../../io/connectors/address-class.ts'
import { problem } from '../../core/model/problems.ts'
import { type Call, type Command, CommandError, type ExitCode, text, texts } from '../command.ts'
import { runDemo } from '../demo.ts'
import type { Output } from '../output.ts'
import type { Reconciled } from '../../reconcile/reconciled.ts'
import { ReconcileLost } from '../../reconcile/thread/reconcile-host.ts'
import { showProgress, showReconciled, showStart } from '../show-reconciled.ts'

/** `up` gets the controller handed in, so that the other commands do not load what only a server needs. */
export function upCommand(start: StartController): Command {
  return {
    name: 'up',
    summary: 'the controller: reconciles the fleet, takes alerts, runs workflows',
    options: [
      [
        '--repo <dir or url>',
        'the fleet: a checkout, a bare repository, a plain folder or an https remote (default: the current folder)',
      ],
      ['--ref <revision>', 'follow this branch instead of the working tree (a remote: default main)'],
      ['--once', 'reconcile, run what is due, and exit'],
      ['--sandbox', 'vendors are answered by the sandbox, from the recorded examples of their connectors'],
      [
        '--demo [tenants]',
        'with the sandbox: send one sample alert to two customers with different products (of these, separated by commas) and show what happens',
      ],
      ['--port <number>', 'port on 127.0.0.1 (default: 7420; 0 takes any free one)'],
      ['--state <dir>', 'where database, keys and mirror are kept (default: .headwater in the fleet)'],
      [
        '--pull-requests',
        'with --ref on a local repository: open and update the pull requests of the update modes there',
      ],
      [
        '--allow-network <cidr...>',
        'vendors may be reached in these networks too, for products on the premises: 10.1.0.0/16 (default: public addresses only)',
      ],
      ['--authority <file>', 'PEM of the authority that signs the certificates of such products'],
      ['--allow-removals <number>', 'remove exactly so many tenants, once, although it is more than the brake allows'],
    ],
    examples: [
      'headwater up --sandbox',
      'headwater up --sandbox --once',
      'HEADWATER_GIT_TOKEN=… headwater up --repo https://git.example/acme/fleet.git --ref main --state /var/lib/headwater',
    ],
    run: (call) => up(call, start),
  }
}

async function up(call: Call, start: StartController): Promise<ExitCode> {
  const { out, config, options } = call
  const repo = text(call, 'repo') ?? '.'
  const isRemote = /^https?:\/\//.test(repo)
  const path = isRemote ? repo : resolve(config.folder, repo)
  const once = options['once'] === true
  const revision = text(call, 'ref')
  const controller = await start({
    fleet: path,
    ...(revision !== undefined && { revision }),
    state: stateFolder(isRemote ? config.folder : path, text(call, 'state')),
    port: wholeNumber(call, 'port') ?? (once ? 0 : 7420),
    isSandbox: options['sandbox'] === true || options['demo'] !== undefined,
    proposeOn: branchFor(call, revision, isRemote),
    allowRemovals: wholeNumber(call, 'allowRemovals'),
    gitToken: config.gitToken,
    logLevel: config.logLevel,
    isPatient: once,
    onProgress: (progress) => showProgress(out, progress),
    ...(config.ageKeyFile !== undefined && { ageKeyFile: config.ageKeyFile }),
    ...onPremises(call),
  })
  const isStopped = stopSignal()
  try {
    const first = await firstPass(controller, out, once)
    const named = text(call, 'demo')?.split(',') ?? []
    const demo = options['demo'] === undefined ? undefined : await runDemo(out, controller, path, named)
    if (once) {
      await controller.settled()
      if (out.isJson) out.json({ ...summaryOf(controller), demo })
      return demo === undefined || demo.every((run) => run.state === 'succeeded') ? 0 : 1
    }
    let isFirst = first === undefined
    await controller.watch((reconciled) => {
      if (reconciled.isNews) showReconciled(out, reconciled, isFirst)
      isFirst = false
    })
    showStart(out, controller)
    await isStopped
    out.remark('stopping …')
    return 0
  } finally {
    await controller.close()
  }
}

/** Where it is lost, what an earlier controller applied is in force: alerts can be taken, and the pass is made up for. */
async function firstPass(controller: RunningController, out: Output, once: boolean): Promise<Reconciled | undefined> {
  try {
    const reconciled = await controller.reconcile()
    showReconciled(out, reconciled, true)
    return reconciled
  } catch (thrown) {
    if (once || !(thrown instanceof ReconcileLost) || controller.view.applied.paths().length === 0) throw thrown
    out.problems([problem(thrown.code, thrown.message)])
    return undefined
  }
}

function summaryOf(controller: RunningController) {
  const reconciled = controller.view.reconciled()
  return {
    revision: reconciled?.revision,
    tenants: reconciled?.tenants,
    changes: reconciled?.changes.count,
    frozen: reconciled?.frozen,
    problems: reconciled?.problems.first,
    timings: reconciled?.timings,
  }
}

/** What an operator must say for products that have no public address. */
function onPremises(call: Call): Partial<ControllerOptions> {
  const allowedNetworks = texts(call, 'allowNetwork')
  for (const network of allowedNetworks)
    if (!isNetwork(network))
      throw new CommandError(problem('wrong-value', `\`${network}\` is no network, such as 10.1.0.0/16`), 2)
  const file = text(call, 'authority')
  const authority = file === undefined ? undefined : readAuthority(resolve(call.config.folder, file))
  return { ...(allowedNetworks.length > 0 && { allowedNetworks }), ...(authority !== undefined && { authority }) }
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new CommandError(problem('wrong-value', `${file} cannot be read`), 2)
  }
}

/** Upgrades are proposed against a branch: what lies uncommitted in a folder is nobody's base. */
function branchFor(call: Call, revision: string | undefined, isRemote: boolean): string | undefined {
  if (call.options['pullRequests'] !== true) return undefined
  if (revision !== undefined && !isRemote) return revision
  throw new CommandError(
    problem('wrong-value', '--pull-requests needs --ref BRANCH and a repository on this machine'),
    2,
  )
}

function wholeNumber(call: Call, option: string): number | undefined {
  const value = text(call, option)
  if (value === undefined) return undefined
  if (!/^\d{1,6}$/.test(value)) throw new CommandError(problem('wrong-value', `\`${value}\` is not a whole number`), 2)
  return Number(value)
}

function stopSignal(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done())
  })
}
