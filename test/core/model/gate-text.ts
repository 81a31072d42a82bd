import { parseDocument } from '../../../controller/core/model/parse-document.ts'
import type { Problem } from '../../../controller/core/model/problems.ts'

/** A small tenant that parses; what a test adds to it begins with `spec`'s indentation of two spaces. */
export const tenant =
  'apiVersion: headwater.dev/v1\nkind: Tenant\nmetadata: {name: contoso, uid: 01J8ZC8Q}\nspec:\n  displayName: Contoso\n'

export function parseText(text: string | Uint8Array) {
  return parseDocument({ file: 'a.yaml', bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text })
}

export function problemsOf(text: string | Uint8Array): readonly Problem[] {
  const verdict = parseText(text)
  return verdict.kind === 'parsed' ? [] : verdict.problems
}

/** Problems as `code:line:column`. */
export function marksOf(text: string | Uint8Array): string[] {
  return problemsOf(text).map(({ code, place }) => `${code}:${place?.line}:${place?.column}`)
}
