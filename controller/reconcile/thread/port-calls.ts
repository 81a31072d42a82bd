import type { Transferable } from 'node:worker_threads'

/** Functions that the other side of a port may call: one argument that survives structured cloning, or none. */
export type Calls = Readonly<Record<string, (argument: never) => unknown>>

interface Port {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void
  on(event: 'message', listener: (message: Message) => void): unknown
}

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: Failure }

/** Cloning an error loses its code, which says what to do about it. */
interface Failure {
  readonly message: string
  readonly stack: string | undefined
  readonly code: string | undefined
}

type Answer<F> = F extends (argument: never) => infer Result ? Promise<Awaited<Result>> : never

/** Calls over a port, in both directions. An answer of bytes is handed over and not copied. */
export class PortCalls<Theirs extends Calls> {
  readonly #port: Port
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #count = 0
  #failure: Error | undefined

  constructor(port: Port, ours: Calls) {
    this.#port = port
    port.on('message', (message) => {
      if (message.kind === 'call') void this.#serve(message, ours)
      else this.#settle(message)
    })
  }

  call<Name extends keyof Theirs & string>(name: Name, ...argument: Parameters<Theirs[Name]>): Answer<Theirs[Name]> {
    const waiting = Promise.withResolvers<unknown>()
    const answer = waiting.promise as Answer<Theirs[Name]>
    if (this.#failure) {
      waiting.reject(this.#failure)
      return answer
    }
    const id = ++this.#count
    this.#waiting.set(id, waiting)
    this.#send({ kind: 'call', id, name, argument: argument[0] })
    return answer
  }

  /** Nobody answers any more: what waits fails, and so does every later call. */
  fail(error: Error): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  async #serve({ id, name, argument }: Message & { kind: 'call' }, ours: Calls): Promise<void> {
    try {
      const value = await ours[name]?.(argument as never)
      const transfer = value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : []
      this.#send({ kind: 'answer', id, value }, transfer)
    } catch (thrown) {
      this.#send({ kind: 'failure', id, failure: failureOf(thrown) })
    }
  }

  #send(message: Message, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer)
  }

  #settle(message: Exclude<Message, { kind: 'call' }>): void {
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.kind === 'answer') waiting?.resolve(message.value)
    else waiting?.reject(errorOf(message.failure))
  }
}

function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { message: String(thrown), stack: undefined, code: undefined }
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
  return { message: thrown.message, stack: thrown.stack, code }
}

function errorOf({ message, stack, code }: Failure): Error {
  const error = Object.assign(new Error(message), code !== undefined && { code })
  if (stack !== undefined) error.stack = stack
  return error
}
