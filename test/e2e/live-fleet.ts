import { onTestFinished } from 'vitest'
import type { ControllerOptions, RunningController } from '../../controller/cli/running-controller.ts'
import { openAgeKey, setSecret } from '../../controller/io/secrets/index.ts'
import type { RunHistory } from '../../controller/api/controller.ts'
import { isFinished } from '../../controller/core/run/run-state.ts'
import { newMap } from '../../controller/core/model/values.ts'
import { startController } from '../../controller/start-controller.ts'
import { action, type Files, share, tenantsDownTo, workflow } from '../fakes/fleet-files.ts'
import { certificate } from '../io/connectors/certificate.ts'
import { temporaryFolder } from './controller-process.ts'
import { writeFiles } from '../fakes/write-files.ts'
import { sandboxOptions } from './sandbox-options.ts'

export const inheritor = 'acme/north'

export interface LiveFleet {
  readonly folder: string
  readonly state: string
  readonly controller: RunningController
  /** Encrypts for the controller's own key, or for another one. */
  setSecret(name: string, value: string, recipients?: readonly string[]): Promise<void>
  /** Starts the workflow `block` for the tenant that inherits the connection. */
  start(options?: { readonly sandbox?: boolean }): Promise<string>
  /** Of a run that was started; waits for its end, timers and all. */
  ended(runId: string): Promise<RunHistory>
  /** Both. */
  run(options?: { readonly sandbox?: boolean }): Promise<RunHistory>
  /** Ends the controller and starts another one on the same state, which has not read the fleet yet. */
  restart(): Promise<RunningController>
}

export const secretsFile = 'tenants/acme/secrets.sops.yaml'

/**
 * A controller without a sandbox whose fleet reaches one vendor on this machine: `acme` declares the connection,
 * `acme/north` inherits it. The vendor's network is allowed and its authority trusted, as an operator would.
 */
export async function liveFleet(port: number, connector: string, files: Files = {}): Promise<LiveFleet> {
  const [folder, state] = [temporaryFolder(), temporaryFolder()]
  const connection = ['spec:', '  connector: edr', `  baseUrl: https://127.0.0.1:${port}`, '  secret: edr-key'].join(
    '\n',
  )
  const all: Files = {
    ...tenantsDownTo(inheritor),
    ...workflow('block', 'steps: [{ id: block, action: block, with: {}, retry: { attempts: 1 } }]'),
    ...share('all', 'block'),
    ...action('block'),
    'connectors/vendors/edr.yaml': `apiVersion: headwater.dev/v1\nkind: Connector\nmetadata: { name: edr }\n${connector}`,
    'tenants/acme/connections/edr.yaml': `apiVersion: headwater.dev/v1\nkind: Connection\nmetadata: { name: edr }\n${connection}\n`,
    ...files,
  }
  writeFiles(folder.path, all)
  const options: ControllerOptions = {
    ...sandboxOptions(folder.path, state.path),
    isSandbox: false,
    allowedNetworks: ['127.0.0.0/8'],
    authority: certificate,
  }
  const controller = await startController(options)
  onTestFinished(async () => {
    await controller.close()
    folder[Symbol.dispose]()
    state[Symbol.dispose]()
  })
  await controller.reconcile()
  const key = await openAgeKey(state.path, undefined)
  let delivery = 0
  return {
    restart: async () => {
      await controller.close()
      const again = await startController(options)
      onTestFinished(() => again.close())
      return again
    },
    folder: folder.path,
    state: state.path,
    controller,
    setSecret: async (name, value, recipients = key.recipients) => {
      const now = '2026-11-25T12:00:00Z'
      const request = { file: secretsFile, before: undefined, name, value, recipients, identities: [], now }
      writeFiles(folder.path, { [secretsFile]: await setSecret(request) })
      await controller.reconcile()
    },
    run: async (wanted) => ended(await start(wanted)),
    start,
    ended,
  }

  async function start({ sandbox = false }: { readonly sandbox?: boolean } = {}): Promise<string> {
    const tenant = controller.view.applied.get(inheritor)
    const effective = tenant?.workflows.get('block')
    if (!tenant || !effective) throw new Error(`${inheritor} does not receive the workflow`)
    const started = await controller.view.start({
      tenant: tenant.context,
      contextDigest: tenant.contextDigest,
      workflow: effective,
      trigger: { kind: 'manual', id: 'manual', deliveryId: `delivery-${++delivery}` },
      inputs: newMap(),
      sandbox,
    })
    if (started.kind === 'refused') throw new Error(JSON.stringify(started))
    return started.runId
  }

  async function ended(runId: string): Promise<RunHistory> {
    for (;;) {
      const history = controller.view.history(runId, { kind: 'operator' })
      if (history && isFinished(history.state)) return history
      await new Promise((done) => setTimeout(done, 20))
    }
  }
}
