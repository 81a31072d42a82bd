import { type NewObject, type ObjectRow, objectsIn } from './new-object.ts'
import { objectId } from './object-id.ts'

/**
 * Blobs that are about to be written, each once, as bytes in one place. A buffer each would be memory outside of the heap,
 * for which the engine looks through all that the fleet holds, again and again.
 */
export class BlobBatch {
  #bytes = Buffer.allocUnsafeSlow(1 << 16)
  #length = 0
  #rows: ObjectRow[] = []
  /** Those of earlier batches among them. */
  readonly #known = new Set<string>()

  get size(): number {
    return this.#rows.length
  }

  /** The id of the blob with this text. */
  add(text: string): string {
    this.#reserve(3 * text.length)
    const from = this.#length
    const to = from + this.#bytes.write(text, from)
    const oid = objectId('blob', this.#bytes.subarray(from, to))
    if (this.#known.has(oid)) return oid
    this.#known.add(oid)
    this.#rows.push({ type: 'blob', oid, from, to })
    this.#length = to
    return oid
  }

  /** Their contents are those of the batch: they hold until it is cleared. */
  objects(): NewObject[] {
    return objectsIn(this.#bytes, this.#rows)
  }

  clear(): void {
    this.#rows = []
    this.#length = 0
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(2 * (this.#length + bytes))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
