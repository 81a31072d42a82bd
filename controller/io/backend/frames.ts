const headBytes = 4
/** Characters after which another message begins: nobody has to hold all of a long list in one piece. */
const usualCharacters = 8 * 1024 * 1024

/** One message on the wire: its length in four bytes, then JSON. */
export function frameOf(json: string): Buffer {
  const length = Buffer.byteLength(json)
  const frame = Buffer.allocUnsafe(headBytes + length)
  frame.writeUInt32BE(length, 0)
  frame.write(json, headBytes)
  return frame
}

/** `head` with a list of texts that are JSON already, as one message or, where they are long, several. */
export function* framesOf(head: object, name: 'orders' | 'answers', list: readonly string[]): Generator<Buffer> {
  let texts: string[] = []
  let characters = 0
  let fields = JSON.stringify(head).slice(1, -1)
  const cut = (): Buffer => {
    const items = texts.length === 0 ? '' : `"${name}":[${texts.join(',')}]`
    const frame = frameOf(`{${fields}${fields !== '' && items !== '' ? ',' : ''}${items}}`)
    texts = []
    characters = 0
    fields = ''
    return frame
  }
  for (const text of list) {
    if (characters > 0 && characters + text.length > usualCharacters) yield cut()
    texts.push(text)
    characters += text.length
  }
  yield cut()
}

/**
 * Cuts a stream of bytes into messages. Throws at once where a message announces more than `mostBytes`, so that the other
 * side cannot make this one gather them.
 */
export class FrameReader {
  readonly #mostBytes: number
  #parts: Buffer[] = []
  #gathered = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** The messages that are whole with this piece. */
  read(piece: Buffer): unknown[] {
    this.#parts.push(piece)
    this.#gathered += piece.length
    const messages: unknown[] = []
    for (;;) {
      const wanted = this.#wanted()
      if (wanted === undefined || this.#gathered < wanted) return messages
      const all = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts)
      messages.push(JSON.parse(all.toString('utf8', headBytes, wanted)))
      this.#parts = all.length > wanted ? [all.subarray(wanted)] : []
      this.#gathered = all.length - wanted
    }
  }

  #wanted(): number | undefined {
    if (this.#gathered < headBytes) return undefined
    if ((this.#parts[0] as Buffer).length < headBytes) this.#parts = [Buffer.concat(this.#parts)]
    const length = (this.#parts[0] as Buffer).readUInt32BE(0)
    if (length > this.#mostBytes) throw new RangeError(`A message of ${length} bytes is more than ${this.#mostBytes}.`)
    return headBytes + length
  }
}
