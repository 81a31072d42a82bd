import type { ErrorCode } from 'yaml'

interface Words {
  readonly words: string
  readonly hint?: string
}

const words: Partial<Record<ErrorCode, Words>> = {
  BAD_DQ_ESCAPE: {
    words: 'this escape is not known in double quotes',
    hint: 'write `\\\\` for a backslash, or use single quotes',
  },
  BAD_INDENT: { words: 'the indentation matches nothing above', hint: 'indent items of one map or list alike' },
  BAD_SCALAR_START: {
    words: 'a value without quotes cannot begin with this character',
    hint: 'put the value in quotes',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    words: 'a second `:` stands on this line',
    hint: 'put the value in quotes, or begin the inner map on a line of its own',
  },
  BLOCK_IN_FLOW: { words: 'a block cannot stand inside brackets' },
  KEY_OVER_1024_CHARS: { words: 'the key is longer than 1,024 characters' },
  MULTILINE_IMPLICIT_KEY: { words: 'a key must stand on one line', hint: 'is a `:` missing on the line above?' },
  TAB_AS_INDENT: { words: 'a tab stands where indentation is expected', hint: 'indent with spaces' },
}

/** What the composer found, in our words; its own are quoted where it has more to say than its code. */
export function wordsForSyntax(code: ErrorCode, message: string): Words {
  if (message.startsWith('Implicit map keys need to be followed')) return { words: 'a `:` is missing after this key' }
  if (message.startsWith('Comments must be separated'))
    return { words: 'a space is missing before this `#`', hint: 'put the value in quotes if `#` belongs to it' }
  if (message.startsWith('Missing , ')) return { words: 'a comma is missing before this' }
  const known = words[code]
  if (known) return known
  const quoted = message.split('\n', 1)[0] as string
  return { words: `the YAML cannot be read here: ${quoted.length > 120 ? `${quoted.slice(0, 120)}…` : quoted}` }
}
