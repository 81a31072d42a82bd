import { posix } from 'node:path'
import type { KindName } from '../model/generated/kinds.ts'

/** The line by which editors find the schema of a file: a relative path, so it depends on where the file stands. */
const schemaLine = /^(#[ \t]*yaml-language-server:[ \t]*\$schema=)(\S+)/m

/** The same text for another place: what the schema line points to stays the same, everything else is byte for byte. */
export function movedText(text: string, from: string, to: string): string {
  return text.replace(schemaLine, (_, intro: string, target: string) => intro + movedTarget(target, from, to))
}

/** A schema line such as a neighbour has, for a new file of another kind; empty where the neighbour has none. */
export function schemaLineLike(neighbour: { file: string; text: string }, to: string, kind: KindName): string {
  const [, intro, target] = schemaLine.exec(neighbour.text) ?? []
  if (intro === undefined || target === undefined || !/[a-z]+\.schema\.json$/.test(target)) return ''
  const schema = target.replace(/[a-z]+(?=\.schema\.json$)/, kind.toLowerCase())
  return `${intro}${movedTarget(schema, neighbour.file, to)}\n`
}

function movedTarget(target: string, from: string, to: string): string {
  if (!/^\.{1,2}\//.test(target)) return target
  const whole = posix.join('/fleet/below', posix.dirname(from), target)
  return posix.relative(posix.join('/fleet/below', posix.dirname(to)), whole)
}
