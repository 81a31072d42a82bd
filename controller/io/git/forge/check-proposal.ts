import { caps } from '../../../core/model/caps.ts'
import { GitError } from '../git-error.ts'
import { checkPath } from '../rendered-branch.ts'
import { checkedRef } from '../revision-name.ts'
import { bodyLimit, type Proposal, titleLimit } from './forge.ts'
import { branchRef } from './local-repository.ts'

/** Throws GitError for what no forge could take. */
export function checkProposal({ key, branch, base, title, body, labels = [], files }: Proposal): void {
  checkedRef(branchRef(branch))
  checkedRef(branchRef(base))
  checkText('key', key, titleLimit)
  checkText('title', title, titleLimit)
  if (/[\r\n]/.test(title)) refuse('The title has more than one line.')
  checkText('body', body, bodyLimit)
  if (labels.length > 100) refuse(`${labels.length} labels are too many: 100 are allowed.`)
  for (const label of labels) checkText('label', label, 50)
  for (const [path, text] of files) {
    checkPath(path)
    if (text !== null && Buffer.byteLength(text) > caps.fileBytes)
      throw new GitError('file-too-large', `${path} has more than ${caps.fileBytes} bytes.`)
  }
}

export function checkText(what: string, text: string, limit: number): void {
  if (text.length > limit) refuse(`The ${what} has ${text.length} characters: ${limit} are allowed.`)
  // JSON would write six characters for one of these, and what is kept would be too large to be read.
  // oxlint-disable-next-line no-control-regex
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(text)) refuse(`The ${what} holds control characters.`)
}

function refuse(message: string): never {
  throw new GitError('wrong-value', message)
}
