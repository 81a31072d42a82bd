import { caps } from './caps.ts'

const pattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

/** Names of tenants, workflows and most objects. */
export function isName(text: string): boolean {
  return text.length <= caps.nameLength && pattern.test(text)
}

/** `acme/north` of `acme/north/contoso`; empty for a tenant at the top. */
export function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** The tenant itself first, then its parent, up to the top. */
export function* selfAndAncestors(path: string): Generator<string> {
  for (let current = path; current !== ''; current = parentPath(current)) yield current
}

/** True iff `path` is `ancestor` or lies below it; every tenant lies below the root, whose path is empty. */
export function isWithin(path: string, ancestor: string): boolean {
  return ancestor === '' || path === ancestor || path.startsWith(`${ancestor}/`)
}

/** Depth of a tenant: 1 at the top, 0 for the root. */
export function depthOf(path: string): number {
  if (path === '') return 0
  let depth = 1
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) depth++
  return depth
}
