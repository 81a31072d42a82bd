import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import type { ControllerView } from './api/controller.ts'
import { routesOf } from './api/routes.ts'
import { newToken } from './api/server.ts'
import { authorizeTenant } from './core/access/authorize.ts'
import { sourceSecret, triggerSecret, webhookSecret } from './core/access/webhook-signature.ts'
import type { TenantContext } from './core/model/effective.ts'
import { problemCodes } from './core/model/problems.ts'
import { Recent } from './core/model/recent.ts'
import { foldAll } from './core/run/fold.ts'
import { requestRun } from './core/run/request-run.ts'
import { isFinished } from './core/run/run-state.ts'
import { VendorLimits } from './core/run/vendor-limits.ts'
import { summarise } from './core/run/run-summary.ts'
import { EmbeddedBackend } from './io/backend/embedded-backend.ts'
import { SecretUnavailable } from './io/backend/secret-unavailable.ts'
import { overdueMs, watchOverdue } from './io/backend/watchdog.ts'
import { openAgeKey, SecretError } from './io/secrets/index.ts'
import { startSandbox } from './io/sandbox/sandbox-server.ts'
import { installationKey } from './io/store/installation-key.ts'
import type { ControllerOptions, RunningController } from './cli/running-controller.ts'
import { appliedTenants } from './reconcile/applied-tenants.ts'
import { createSweep } from './reconcile/sweep.ts'
import { fleetSecrets } from './reconcile/fleet-secrets.ts'
import { ReconcileLost } from './reconcile/thread/reconcile-host.ts'
import { type Reconciling, startReconciling } from './reconcile/thread/start-reconciling.ts'
import { addressFile, listen, openState, secretFile } from './start-parts.ts'
import { BulkRuns } from './triggers/bulk-runs.ts'
import type { StartRun } from './triggers/run-wanted.ts'
import { Scheduler } from './triggers/scheduler.ts'

const sweepMs = 600_000

/** Builds every part of the controller once and hands it down. What was opened is closed in the opposite order. */
export async function startController(options: ControllerOptions): Promise<RunningController> {
  const { state } = options
  const closing = new AsyncDisposableStack()
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 })
    const log = pino({ level: options.logLevel }, pino.destination(2))
    const store = closing.adopt(
      openState(state, (tenantUid, error) =>
        log.error({ tenantUid, err: error }, 'finished runs of a tenant cannot be moved to its file'),
      ),
      (opened) => opened.close(),
    )
    const token = secretFile(join(state, 'token'), newToken)
    const key = installationKey(state)
    // A controller that reaches vendors has one too, for runs that are meant for it.
    const sandbox = closing.adopt(await startSandbox(), (server) => server.close())
    const limits = options.isSandbox ? undefined : new VendorLimits()

    const opened = Promise.withResolvers<Reconciling>()
    opened.promise.catch(() => {})
    const ageKey = await openAgeKey(state, options.ageKeyFile)
    // Runs go on before the fleet has been read: a secret that is not known yet is not one that is missing.
    const secrets = fleetSecrets(async (file) => (await opened.promise).file(file), ageKey.identities)
    const watchers = new Set<(runId: string) => void>()
    // First of all, because its hosts take the longest to start.
    const backend = closing.adopt(
      new EmbeddedBackend({
        journal: store,
        hostsFile: join(state, 'hosts'),
        performModule: join(import.meta.dirname, 'io', 'connectors', 'open-perform.ts'),
        performOptions: {
          [options.isSandbox ? 'sandboxOrigin' : 'trialOrigin']: sandbox.origin,
          ...(options.allowedNetworks && { allowedNetworks: options.allowedNetworks }),
          ...(options.authority !== undefined && { authority: options.authority }),
        },
        // The sandbox is sent none.
        ...(limits && { limits }),
        ...(!options.isSandbox && { secretOf: (connection) => secrets.secretOf(connection).catch(unavailable) }),
        onEvents: (runId) => {
          for (const watcher of watchers) watcher(runId)
        },
        onTrouble: (runId, error) => log.error({ runId, err: error }, 'a run cannot go on in this process'),
      }),
      (opened) => opened.close(),
    )
    // Whoever waits for it keeps no controller from stopping that could not open it.
    closing.defer(() => opened.reject(new Error('the controller stops')))
    await backend.resume()
    const reconciling = closing.adopt(
      await startReconciling({
        setup: {
          fleet: options.fleet,
          ...(options.revision !== undefined && { revision: options.revision }),
          state,
          gitToken: options.gitToken,
          proposeOn: options.proposeOn,
          allowRemovals: options.allowRemovals,
          ...(options.isPatient !== undefined && { isPatient: options.isPatient }),
          ...(options.ageKeyFile !== undefined && { ageKeyFile: options.ageKeyFile }),
        },
        store,
        onPassed: async ({ connectors, secrets: files, proposed, tenants }, isNext) => {
          secrets.changed(files)
          if (connectors) sandbox.setConnectors(new Map(connectors))
          for (const pullRequest of proposed) log.info(pullRequest, 'pull request')
          const scheduled = new Set(tenants.scheduled)
          if (isNext || tenants.changed === 'all')
            await scheduler.update(tenants.changed, (path) => scheduled.has(path))
          else await scheduler.update('all')
        },
        onProgress: (progress) => {
          log.info(progress, 'reconciling')
          options.onProgress?.(progress)
        },
        onTrouble: (error, what) => log.error({ err: error }, what),
      }),
      (opened) => opened.close(),
    )
    opened.resolve(reconciling)
    // Before the fleet is closed, because what is being performed may need its secrets.
    closing.defer(() => {
      reconciling.release()
      return backend.close()
    })

    const start: StartRun = async ({ sandbox = false, ...wanted }) => {
      const requested = requestRun({ ...wanted, sandbox, commit: reconciling.commit(), now: Date.now() })
      if (requested.kind === 'refused') return requested
      return { kind: await backend.start({ event: requested.event }), runId: requested.event.runId }
    }
    const applied = appliedTenants(store)
    // Deriving one costs as much as all the rest of a delivery's check.
    const webhookSecrets = new Recent<string, string>(10_000)
    const scheduler = closing.adopt(
      new Scheduler({
        applied,
        store,
        start,
        now: Date.now,
        onTrouble: (trouble) => log.warn(trouble, 'a schedule starts no run'),
      }),
      (opened) => opened.close(),
    )

    const bulk = closing.adopt(
      new BulkRuns({
        applied,
        store,
        start,
        now: Date.now,
        onTrouble: (id, error) => log.error({ id, err: error }, 'a bulk run cannot go on for now'),
      }),
      (opened) => opened.close(),
    )
    watchers.add((runId) => bulk.onEvents(runId))

    const history: ControllerView['history'] = (runId, principal, permission = 'runs:read') => {
      const tenant = store.tenantOfRun(runId)
      if (!tenant) return undefined
      const authorization = authorizeTenant(principal, permission, tenant)
      if (authorization.kind === 'denied') return undefined
      const events = store.tenant(authorization.access).readRun(runId)
      if (!events) return undefined
      const state = foldAll(events)
      return { state, events, connectors: connectorsOf(store.readObject(state.request.contextDigest)) }
    }
    const sweep = createSweep({
      applied,
      store,
      now: Date.now,
      onTrouble: (tenant, error) => log.error({ tenant, err: error }, 'old runs of a tenant cannot be removed'),
    })
    const view: ControllerView = {
      reconciled: () => reconciling.current(),
      progress: () => reconciling.progress(),
      tenantList: () => reconciling.tenantList(),
      applied,
      health: () => {
        const health = store.health()
        if (health.state === 'red') return { kind: 'failing', reason: health.reason }
        const trouble = reconciling.trouble()
        return trouble === undefined ? { kind: 'healthy' } : { kind: 'degraded', reason: trouble }
      },
      overdue: () => backend.overdue(overdueMs),
      start,
      bulk,
      sweep,
      listRuns: (filter) => store.listRuns(filter),
      history,
      approve: async (runId, answer) => {
        const taken = await backend.signal(runId, { kind: 'approval', ...answer })
        return taken.kind === 'refused' ? taken.message : undefined
      },
      resolve: async (runId, resolution) => {
        const taken = await backend.signal(runId, { kind: 'resolution', ...resolution })
        return taken.kind === 'refused' ? taken.message : undefined
      },
      cancel: async (runId, cancellation) => (await backend.cancel(runId, cancellation)) === 'cancelled',
      cases: (tenant, principal) => {
        const authorization = authorizeTenant(principal, 'cases:read', tenant)
        return authorization.kind === 'denied' ? undefined : store.tenant(authorization.access)
      },
      limitOf: (connection) => limits?.stateOf(connection, Date.now()) ?? { breaker: 'closed', notBefore: null },
      webhookSecret: (uid) => webhookSecrets.of(uid, () => webhookSecret(key, uid)),
      triggerSecret: (address) => triggerSecret(key, address),
      sourceSecret: (uid) => sourceSecret(key, uid),
      hintSource: (tenant) => reconciling.hintSource(tenant),
      isDelivered: (tenantUid, id) => store.isDelivered(tenantUid, id),
      recordDelivery: async (tenantUid, id) => {
        await backend.handedOver()
        await store.recordDelivery({ tenantUid, id, at: Date.now() })
      },
      now: Date.now,
    }

    let url = ''
    const server = closing.adopt(
      await listen({
        routes: routesOf(view, () => url),
        token,
        host: '127.0.0.1',
        port: options.port,
        onBug: (thrown) => log.error({ err: thrown }, 'a request met a mistake of the program'),
      }),
      (started) => started.close(),
    )
    url = server.url
    closing.adopt(addressFile(join(state, 'url'), url), (file) => rmSync(file, { force: true }))
    bulk.resume()
    closing.adopt(
      watchOverdue(backend, (run) => log.warn(run, 'a run could go on and does not')),
      (watch) => watch.close(),
    )

    const sweeping = setInterval(() => {
      // Where the store takes no write its health says so.
      sweep().catch((error: unknown) => log.error({ err: error }, 'what is old cannot be removed'))
    }, sweepMs)
    closing.adopt(sweeping.unref(), clearInterval)

    const until = async <T>(answer: () => T | undefined): Promise<T> => {
      for (;;) {
        const wake = Promise.withResolvers<void>()
        const heard = (): void => wake.resolve()
        watchers.add(heard)
        const found = answer()
        if (found === undefined) await wake.promise
        watchers.delete(heard)
        if (found !== undefined) return found
      }
    }
    return {
      url,
      sandboxOrigin: options.isSandbox ? sandbox.origin : undefined,
      stateFolder: state,
      view,
      reconcile: () => reconciling.pass(),
      watch: (onReconciled) => reconciling.watch(onReconciled),
      finished: (runId) =>
        until(() => {
          const run = history(runId, { kind: 'operator' })
          return run && (isFinished(run.state) || summarise(run.state).state === 'waiting') ? run : undefined
        }),
      settled: async () => {
        await scheduler.settled()
        const isIdle = (): true | undefined =>
          (['queued', 'running'] as const).every(
            (word) => store.listRuns({ state: word, limit: 1 }).runs.length === 0,
          ) || undefined
        // Between the end of a child and what its parent does then, neither of them is at work.
        for (await until(isIdle); !backend.isQuiet; await until(isIdle)) await sleep(10)
      },
      close: () => closing.disposeAsync(),
    }
  } catch (thrown) {
    await closing.disposeAsync()
    throw thrown
  }
}

/** Which product each connection of a pinned context reaches. */
function connectorsOf(context: string | undefined): Record<string, string> {
  if (context === undefined) return {}
  const { bindings } = JSON.parse(context) as TenantContext
  return Object.fromEntries(
    Object.values(bindings).flatMap(({ connections }) => connections.map(({ name, connector }) => [name, connector])),
  )
}

/** With the next step, for the journal; a SecretError holds no value. */
function unavailable(error: unknown): never {
  if (error instanceof ReconcileLost) throw new SecretUnavailable(`${error.code}: ${error.message}`)
  if (!(error instanceof SecretError)) throw error
  throw new SecretUnavailable(`${error.code}: ${error.message}. ${problemCodes[error.code]}`)
}
