import type { Person } from './forge.ts'

export interface CommitFields {
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: Person
  readonly committer: Person
  /** Milliseconds since 1970. */
  readonly at: number
  readonly message: string
}

/** The contents of a commit object. */
export function encodeCommit({ tree, parents, author, committer, at, message }: CommitFields): Uint8Array {
  const seconds = Math.floor(at / 1000)
  return Buffer.from(
    [
      `tree ${tree}`,
      ...parents.map((parent) => `parent ${parent}`),
      `author ${signature(author)} ${seconds} +0000`,
      `committer ${signature(committer)} ${seconds} +0000`,
      '',
      `${message.trimEnd()}\n`,
    ].join('\n'),
  )
}

/** Reads what `encodeCommit` and git write; fields that are missing or broken come out empty. */
export function parseCommit(contents: Uint8Array): CommitFields {
  const text = Buffer.from(contents).toString('utf8')
  const end = text.indexOf('\n\n')
  const head = end < 0 ? text : text.slice(0, end)
  const author = personOf(head, 'author')
  return {
    tree: /^tree ([0-9a-f]{40})$/m.exec(head)?.[1] ?? '',
    parents: [...head.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, oid]) => oid as string),
    author: author.person,
    committer: personOf(head, 'committer').person,
    at: author.at,
    message: end < 0 ? '' : text.slice(end + 2),
  }
}

/** `Name <email>`, free of what would end the field. */
export function signature({ name, email }: Person): string {
  return `${clean(name)} <${clean(email)}>`
}

function personOf(head: string, field: string): { person: Person; at: number } {
  const [, name = '', email = '', at = '0'] =
    new RegExp(`^${field} (.*?) ?<(.*?)> (\\d+) [+-]\\d{4}$`, 'm').exec(head) ?? []
  return { person: { name, email }, at: Number(at) * 1000 }
}

function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[<>\n\r\0]/g, ' ').trim()
}
