import { stepListKeys } from '../model/step-lists.ts'
import { isList, type Json, type JsonList, newMap } from '../model/values.ts'
import type { WorkflowDocument } from './render.ts'

/**
 * Makes equal steps one object, whichever release or overlay they come from, and so other equal parts of workflows. What
 * was found of one then holds for all, and to compare two is to compare pointers: of all steps that ten thousand tenants
 * change, half say what another one says, and releases have most of theirs in common.
 */
export class StepPool {
  /** By their text: keys in another order are another text in the rendered files. */
  readonly #byText = new Map<string, object>()
  readonly #pooled = new Set<object>()

  /** The document with what the pool has, and itself where it has no other. */
  intern(document: WorkflowDocument): WorkflowDocument {
    const spec = newMap()
    let isOther = false
    for (const field in document.spec) {
      const value = document.spec[field] as Json
      const one = stepListKeys.includes(field) && isList(value) ? this.#items(value) : this.#one(value)
      isOther ||= one !== value
      spec[field] = one
    }
    return isOther ? Object.assign(newMap(), { spec }) : document
  }

  #items(list: JsonList): JsonList {
    let pooled: Json[] | undefined
    for (let place = 0; place < list.length; place++) {
      const item = list[place] as Json
      const one = this.#one(item)
      if (one !== item) (pooled ??= [...list])[place] = one
    }
    return pooled ?? list
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
