import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { RepositoryLayout } from '../repository.ts'
import type { Person } from './forge.ts'

/** Files that include each other in a circle would never end. */
const includeDepth = 10

/** Who works here, as git is told: `user.name` and `user.email`. Null where it is not told. */
export function identityOf({ gitdir, commonDir }: RepositoryLayout, home: string = homedir()): Person | null {
  const found: { name?: string; email?: string } = {}
  const take = (file: string, depth: number): void => {
    for (const { section, condition, name, value } of settingsOf(file)) {
      if (section === 'user' && (name === 'name' || name === 'email')) found[name] = value
      const isIncluded =
        section === 'include' || (section === 'includeif' && isMet(condition, gitdir, dirname(file), home))
      if (isIncluded && name === 'path' && depth < includeDepth) take(placed(value, dirname(file), home), depth + 1)
    }
  }
  // Later ones win.
  for (const file of [
    '/etc/gitconfig',
    join(home, '.config/git/config'),
    join(home, '.gitconfig'),
    join(commonDir, 'config'),
    join(gitdir, 'config.worktree'),
  ])
    take(file, 0)
  return found.name !== undefined && found.email !== undefined ? { name: found.name, email: found.email } : null
}

interface Setting {
  readonly section: string
  readonly condition: string
  readonly name: string
  readonly value: string
}

function settingsOf(file: string): Setting[] {
  const settings: Setting[] = []
  let section = ''
  let condition = ''
  for (const line of textOf(file).split(/\r?\n/)) {
    const head = /^\s*\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line)
    if (head !== null) {
      section = (head[1] as string).toLowerCase()
      condition = unquote(head[2] ?? '')
    }
    const [, name, value = ''] = /^\s*([A-Za-z][\w-]*)\s*=\s*(.*)$/.exec(line.slice(head?.[0].length ?? 0)) ?? []
    if (name !== undefined) settings.push({ section, condition, name: name.toLowerCase(), value: plain(value) })
  }
  return settings
}

// A quoted part keeps its spaces and comment signs.
function plain(value: string): string {
  const parts = value.match(/"(?:[^"\\]|\\.)*"|\\.|[^"\\#;]+|[#;].*/g) ?? []
  const kept = parts.filter((part) => !/^[#;]/.test(part))
  return kept
    .map((part) => (part.startsWith('"') ? unquote(part.slice(1, -1)) : unquote(part)))
    .join('')
    .trim()
}

function unquote(text: string): string {
  return text.replace(/\\(.)/g, '$1')
}

/** `gitdir:~/clients/`, the one condition that people use to be somebody else at work. */
function isMet(condition: string, gitdir: string, folder: string, home: string): boolean {
  const [, sign, pattern = ''] = /^gitdir(\/i)?:(.+)$/.exec(condition) ?? []
  if (pattern === '') return false
  const wanted = placed(pattern, folder, home) + (pattern.endsWith('/') ? '/' : '')
  const fold = (text: string): string => (sign === undefined ? text : text.toLowerCase())
  return wanted.endsWith('/') ? fold(`${gitdir}/`).startsWith(fold(wanted)) : fold(gitdir) === fold(wanted)
}

function placed(path: string, folder: string, home: string): string {
  if (path.startsWith('~/')) return join(home, path.slice(2)).replace(/\/$/, '')
  return isAbsolute(path) ? resolve(path) : resolve(folder, path)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
