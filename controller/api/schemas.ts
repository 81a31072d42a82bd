const text = { type: 'string' } as const
const number = { type: 'number' } as const
const nullableNumber = { type: ['number', 'null'] } as const
const nullableText = { type: ['string', 'null'] } as const
const anything = { type: 'object', additionalProperties: true } as const

const object = (properties: Record<string, object>) => ({ type: 'object', properties }) as const
const list = (items: object) => ({ type: 'array', items }) as const

export const runSummary = object({
  id: text,
  tenant: text,
  workflow: text,
  release: text,
  digest: text,
  commit: text,
  trigger: text,
  state: text,
  reason: text,
  requestedAt: number,
  startedAt: nullableNumber,
  finishedAt: nullableNumber,
})

export const runPage = object({ runs: list(runSummary), next: nullableNumber })

export const runDetail = object({
  run: runSummary,
  inputs: anything,
  outputs: anything,
  steps: list(
    object({
      id: text,
      phase: text,
      outputs: anything,
      branch: text,
      failure: object({ code: text, message: text }),
      startedAt: number,
      settledAt: number,
      child: object({ run: text, workflow: text, outcome: text }),
      attempts: list(anything),
    }),
  ),
  connectors: { type: 'object', additionalProperties: text },
  events: list(anything),
})

export const tenantSummary = object({
  path: text,
  uid: text,
  displayName: text,
  state: text,
  reason: text,
  tags: { type: 'object', additionalProperties: text },
  digest: text,
  workflows: { type: 'object', additionalProperties: object({ release: text, digest: text, owner: text }) },
  source: object({ url: text, ref: text, path: text, commit: nullableText, state: text }),
})

export const connectionList = object({
  connections: list(
    object({
      name: text,
      owner: text,
      connector: text,
      baseUrl: text,
      actions: list(text),
      breaker: text,
      notBefore: nullableNumber,
    }),
  ),
})

export const status = object({
  commit: { type: ['string', 'null'] },
  uncommitted: list(text),
  tenants: number,
  frozen: number,
  workflows: number,
  problems: list(anything),
  problemCount: object({ errors: number, warnings: number }),
  reconciling: { ...object({ phase: text, done: number, total: number, since: number }), nullable: true },
  health: text,
  reason: text,
  overdue: list(object({ runId: text, tenant: text, since: number, reason: text })),
})

export const started = object({ runs: list(object({ id: text, workflow: text, state: text })) })
const caseHead = object({
  id: text,
  state: text,
  title: text,
  severity: text,
  key: text,
  openedAt: number,
  changedAt: number,
  closedAt: nullableNumber,
})

export const cases = object({
  cases: list(caseHead),
  next: { type: ['string', 'null'] },
  case: caseHead,
  entries: list(object({ at: number, run: text, place: number, step: text, change: anything })),
})

export const cancelled = object({ run: runSummary })
export const accepted = object({ ok: { type: 'boolean' } })
export const hook = object({
  url: text,
  secret: text,
  webhooks: list(object({ workflow: text, trigger: text, url: text, secret: text })),
  source: object({ url: text, secret: text }),
})
export const hinted = object({ looking: { type: 'boolean' } })

export const tenantList = object({ tenants: list(tenantSummary) })

const bulkLine = {
  id: text,
  workflow: text,
  to: text,
  targets: number,
  state: text,
  requestedAt: number,
  finishedAt: nullableNumber,
}
export const bulkList = object({ bulkRuns: list(object(bulkLine)) })
export const bulkRun = object({
  ...bulkLine,
  skipped: list(object({ tenant: text, reason: text })),
  summary: object({
    reason: text,
    counts: { type: 'object', additionalProperties: number },
    failures: list(
      object({ state: text, reason: text, count: number, tenants: list(object({ tenant: text, run: text })) }),
    ),
  }),
})

export const swept = object({ tenants: list(object({ tenant: text, runs: number })), objects: number })
