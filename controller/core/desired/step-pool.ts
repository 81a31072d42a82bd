import { isList, type Json, newMap } from '../model/values.ts'
import type { WorkflowDocument } from './render.ts'

/**
 * Makes equal steps one object, whichever release or overlay they come from, and so other equal parts of workflows. What
 * was found of one then holds for all, and to compare two is to compare pointers: of all steps that ten thousand tenants
 * change, half say what another one says, and releases have most of theirs in common.
 */
export class StepPool {
  /** By their text: keys in another order are another text in the rendered files. */
  readonly #byText = new Map<string, object>()
  readonly #pooled = new WeakSet<object>()

  /** The document with what the pool has, and itself where it has no other. */
  intern(document: WorkflowDocument): WorkflowDocument {
    const { spec } = document
    let interned: Record<string, Json> | undefined
    for (const field in spec) {
      const value = spec[field] as Json
      const pooled = field === 'steps' && isList(value) ? this.#items(value) : this.#one(value)
      if (pooled === value) continue
      interned ??= Object.assign(newMap(), spec)
      interned[field] = pooled
    }
    return interned === undefined ? document : Object.assign(newMap(), { spec: interned })
  }

  #items(list: readonly Json[]): readonly Json[] {
    let interned: Json[] | undefined
    for (let at = 0; at < list.length; at++) {
      const item = list[at] as Json
      const pooled = this.#one(item)
      if (pooled === item) continue
      interned ??= [...list]
      interned[at] = pooled
    }
    return interned ?? list
  }

  #one(value: Json): Json {
    if (typeof value !== 'object' || value === null || this.#pooled.has(value)) return value
    const text = JSON.stringify(value)
    const known = this.#byText.get(text)
    if (known !== undefined) return known as Json
    this.#byText.set(text, value)
    this.#pooled.add(value)
    return value
  }
}
