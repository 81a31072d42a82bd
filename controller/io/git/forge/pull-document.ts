import { createHash } from 'node:crypto'
import { GitError } from '../git-error.ts'
import type { Proposal, PullRequest, PullRequestState } from './forge.ts'

/** What is kept of a pull request. */
export interface PullDocument {
  readonly number: number
  readonly key: string
  readonly title: string
  readonly body: string
  readonly labels: readonly string[]
  readonly branch: string
  readonly base: string
  readonly state: PullRequestState
  readonly author: string
  /** The last commit that `propose` wrote to the branch; once it is closed or merged, the last one of the branch. */
  readonly head: string
  /** The commit of the base that `head` was made on. */
  readonly fork: string
  /** Of the proposed contents. */
  readonly digest: string
  /** Digests of contents under this key that a person turned down, latest first. */
  readonly declined: readonly string[]
  readonly openedAt: number
  readonly updatedAt: number
  readonly endedBy?: string
  readonly supersededBy?: number
  readonly mergeCommit?: string
  /** Whether a person had edited the branch by the end. */
  readonly wasEdited?: boolean
}

export function encodeDocument(document: PullDocument): Uint8Array {
  return Buffer.from(`${JSON.stringify(document, null, 2)}\n`)
}

/** Throws GitError `repository-unreadable` for a document of another shape: anybody who may push may have written it. */
export function parseDocument(number: number, contents: Uint8Array): PullDocument {
  const value = parseJson(contents)
  const isShaped =
    value !== null &&
    value['number'] === number &&
    texts.every((name) => typeof value[name] === 'string') &&
    ['openedAt', 'updatedAt'].every((name) => Number.isFinite(value[name])) &&
    ['labels', 'declined'].every((name) => isTexts(value[name])) &&
    ['open', 'merged', 'closed'].includes(value['state'] as string) &&
    [value['head'], value['fork']].every((oid) => /^[0-9a-f]{40}$/.test(String(oid)))
  if (!isShaped) throw new GitError('repository-unreadable', `What is kept of pull request #${number} is broken.`)
  return Object.freeze(value) as unknown as PullDocument
}

const texts = ['key', 'title', 'body', 'branch', 'base', 'author', 'head', 'fork', 'digest']

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function parseJson(contents: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(contents).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Equal for proposals of equal contents onto one base, whatever title and text say. */
export function digestOf({ base, files }: Pick<Proposal, 'base' | 'files'>): string {
  const rows = [...files].sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([base, rows]))
    .digest('hex')
}

export interface Standing {
  readonly state: PullRequestState
  readonly head: string
  readonly isEditedByPerson: boolean
}

export function toPullRequest(document: PullDocument, standing: Standing): PullRequest {
  const { number, key, title, body, labels, branch, base, author, openedAt, updatedAt } = document
  const { supersededBy, mergeCommit } = document
  return {
    id: String(number),
    number,
    key,
    title,
    body,
    branch,
    base,
    author,
    labels,
    openedAt,
    updatedAt,
    ...standing,
    ...(supersededBy !== undefined && { supersededBy }),
    ...(mergeCommit !== undefined && { mergeCommit }),
  }
}
