import { expect, test } from 'vitest'
import { commandsOf } from '../../controller/cli/commands/index.ts'
import { runProgram } from '../../controller/cli/program.ts'
import type { ControllerOptions, RunningController } from '../../controller/cli/running-controller.ts'
import { readConfig } from '../../controller/config.ts'
import type { Reconciled } from '../../controller/reconcile/reconciled.ts'
import { ReconcileLost } from '../../controller/reconcile/thread/reconcile-host.ts'

const none = { errors: 0, warnings: 0, first: [] }
const reconciled: Reconciled = {
  revision: { commit: 'c'.repeat(40), tree: 't', uncommitted: [] },
  isNews: true,
  tenants: 4000,
  workflows: 3,
  subscriptions: 12_000,
  changes: { count: 0, first: [] },
  frozen: [],
  mounted: [],
  problems: none,
  fresh: none,
  timings: {},
}

/** What `up` prints and how it ends, with a controller of which the first pass is lost. */
async function up(words: readonly string[], applied: readonly string[]) {
  const written = { out: '', err: '' }
  const streams = {
    stdout: { write: (text: string) => (written.out += text) },
    stderr: { write: (text: string) => (written.err += text) },
    hasColor: false,
  }
  let isClosed = false
  const controller = ({ onProgress }: ControllerOptions): RunningController => ({
    url: 'http://127.0.0.1:1',
    sandboxOrigin: undefined,
    stateFolder: 'state',
    view: {
      applied: { get: () => undefined, paths: () => applied },
      reconciled: () => undefined,
    } as unknown as RunningController['view'],
    reconcile: () => {
      onProgress?.({ phase: 'apply', done: 1400, total: 4000 })
      return Promise.reject(new ReconcileLost('The thread that reconciles ended: memory.'))
    },
    watch: async (onReconciled) => {
      onReconciled(reconciled)
      onReconciled({ ...reconciled, isNews: false })
      setImmediate(() => process.emit('SIGTERM'))
    },
    finished: () => new Promise(() => {}),
    settled: () => Promise.resolve(),
    close: async () => void (isClosed = true),
  })
  const commands = commandsOf((options) => Promise.resolve(controller(options)))
  const code = await runProgram(commands, ['up', '--sandbox', ...words], readConfig(), streams)
  return { code, isClosed, ...written }
}

test('a first pass that is lost ends nothing where something is applied: it is told, and made up for', async () => {
  const { code, out, isClosed } = await up([], ['acme'])
  expect(out).toContain('… apply 1,400 of 4,000 tenants')
  expect(out).toMatch(/reconcile-lost.*The thread that reconciles ended: memory/)
  // Then the first one that came to its end, once.
  expect(out.match(/4,000 tenants, 3 workflows, 12,000 subscriptions/g)).toHaveLength(1)
  expect([code, isClosed]).toEqual([0, true])
})

test.each([
  ['nothing was ever applied', [], []],
  ['it is to be done once', ['--once'], ['acme']],
] as const)('it ends the controller where %s', async (_, words, applied) => {
  const { code, err, isClosed } = await up(words, applied)
  expect(err).toContain('reconcile-lost: The thread that reconciles ended: memory.')
  expect([code, isClosed]).toEqual([3, true])
})
