/** Fresh text is not broken before this column, however narrow the old lines are. */
const narrowest = 60

/**
 * The lines of a folded block with another text. Inside a paragraph a line break stands for a space; between two of them
 * there is one empty line more than the text has. Only lines that say something else are written anew.
 */
export function foldedLines(old: readonly string[], text: string, indent: string): string[] {
  const before = paragraphs(old.map((line) => line.slice(indent.length)))
  const fresh = text.split('\n').filter((line) => line !== '')
  const { head, tail } = sameEnds(
    before.map((lines) => lines.join(' ')),
    fresh,
  )
  const isPaired = before.length === fresh.length
  const width = Math.max(narrowest, ...before.flat().map((line) => line.length))
  const linesOf = (line: string, at: number): readonly string[] => {
    const same = at < head ? before[at] : at >= fresh.length - tail ? before.at(at - fresh.length) : undefined
    return same ?? changedLines(isPaired ? (before[at] as readonly string[]) : [], line, width)
  }
  const lines: string[] = []
  let at = 0
  let gap = 0
  for (const line of text.split('\n')) {
    if (line === '') gap++
    else {
      const empty = at === 0 ? gap : gap + 1
      lines.push(...Array.from({ length: empty }, () => ''), ...linesOf(line, at).map((one) => indent + one))
      at++
      gap = 0
    }
  }
  return lines
}

/** How many of the first and of the last lines are the same. */
export function sameEnds(
  old: readonly string[],
  fresh: readonly string[],
): { readonly head: number; readonly tail: number } {
  const most = Math.min(old.length, fresh.length)
  let head = 0
  while (head < most && old[head] === fresh[head]) head++
  let tail = 0
  while (tail < most - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail++
  return { head, tail }
}

function paragraphs(lines: readonly string[]): string[][] {
  const all: string[][] = []
  let isOpen = false
  for (const line of lines) {
    if (line === '') isOpen = false
    else if (isOpen) all.at(-1)?.push(line)
    else {
      all.push([line])
      isOpen = true
    }
  }
  return all
}

function changedLines(old: readonly string[], text: string, width: number): string[] {
  let head = 0
  let rest = text
  while (head < old.length && rest.startsWith(`${old[head]} `)) rest = rest.slice((old[head++] as string).length + 1)
  let tail = 0
  while (tail < old.length - head && rest.endsWith(` ${old.at(-1 - tail)}`)) {
    rest = rest.slice(0, -(old.at(-1 - tail) as string).length - 1)
    tail++
  }
  return [...old.slice(0, head), ...wrap(rest, width), ...old.slice(old.length - tail)]
}

/** Breaks at single spaces only: white space at the end or the start of a line would not read back. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
