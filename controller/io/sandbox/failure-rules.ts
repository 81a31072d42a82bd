import { isMap, type Json } from '../../core/model/values.ts'

const modes = ['429', '500', 'timeout', 'reset', 'slow', 'garbage'] as const
export type FailureMode = (typeof modes)[number]

/** What to do to the next requests of a connector, instead of answering them. */
export interface FailureRule {
  readonly connector: string
  /** Any action where absent. */
  readonly action?: string
  /** Id of the request; any where absent. */
  readonly request?: string
  readonly mode: FailureMode
  /** How many requests it takes; one where absent. */
  readonly times?: number
  /** Goes with `429` and `500`. */
  readonly retryAfterSeconds?: number
}

/** Rules that are waiting, oldest first; each is used up request by request. */
export class FailureRules {
  #waiting: { rule: FailureRule; left: number }[] = []

  add(rule: FailureRule): void {
    this.#waiting.push({ rule, left: rule.times ?? 1 })
  }

  take(connector: string, action: string, request: string): FailureRule | undefined {
    const found = this.#waiting.find(
      ({ rule }) =>
        rule.connector === connector && (rule.action ?? action) === action && (rule.request ?? request) === request,
    )
    if (found === undefined) return undefined
    if (--found.left === 0) this.#waiting = this.#waiting.filter((entry) => entry !== found)
    return found.rule
  }

  waiting(): { rule: FailureRule; left: number }[] {
    return this.#waiting.map((entry) => ({ ...entry }))
  }

  clear(): void {
    this.#waiting = []
  }
}

/** A rule as it comes over HTTP, or what is wrong with it. */
export function parseFailureRule(body: Json | undefined): FailureRule | { readonly error: string } {
  if (!isMap(body)) return { error: 'the body must be a JSON object' }
  const { connector, action, request, mode, times, retryAfterSeconds } = body
  const known = modes.find((candidate) => candidate === mode)
  if (typeof connector !== 'string') return { error: '`connector` must be the name of a connector' }
  if (known === undefined) return { error: `\`mode\` must be one of ${modes.join(', ')}` }
  if (!isCount(times)) return { error: '`times` must be a whole number from 1 on' }
  if (!isCount(retryAfterSeconds, 0)) return { error: '`retryAfterSeconds` must be a whole number from 0 on' }
  if (!isText(action) || !isText(request)) return { error: '`action` and `request` must be text' }
  return {
    connector,
    mode: known,
    ...(action === undefined ? {} : { action }),
    ...(request === undefined ? {} : { request }),
    ...(times === undefined ? {} : { times }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  }
}

function isCount(value: Json | undefined, least = 1): value is number | undefined {
  return value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= least)
}

function isText(value: Json | undefined): value is string | undefined {
  return value === undefined || typeof value === 'string'
}
