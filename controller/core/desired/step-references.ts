import type { ReferenceRules } from '../merge/index.ts'
import { stepListKeys } from '../model/step-lists.ts'
import type { Json } from '../model/values.ts'

const expression = /\$\{\{[\s\S]*?\}\}/g
/** `steps.find` or `steps['find']`, not `mysteps.find` and not `other.steps.find`. */
const mention = /(?<![\w.])steps(?:\.([a-z][a-z0-9_]*)|\[(['"])([a-z][a-z0-9_]*)\2\])/g

/** How the expressions of a workflow mention its steps: `${{ steps.<id>.outputs }}`, wherever a text may stand. */
export const stepReferences: ReferenceRules = {
  isTarget: (list) => list[0] === 'spec' && stepListKeys.includes(list.at(-1) as string),
  mentions: (_, scalar) =>
    mayMention(scalar)
      ? [...scalar.matchAll(expression)].flatMap(([text]) =>
          [...text.matchAll(mention)].map((found) => (found[1] ?? found[3]) as string),
        )
      : [],
  rename: (_, scalar, from, to) =>
    mayMention(scalar)
      ? scalar.replace(expression, (text) =>
          text.replace(mention, (found, bare?: string, quote?: string, quoted?: string) =>
            (bare ?? quoted) === from ? (bare ? `steps.${to}` : `steps[${quote}${to}${quote}]`) : found,
          ),
        )
      : scalar,
  remembered: new WeakMap(),
}

function mayMention(scalar: Json): scalar is string {
  return typeof scalar === 'string' && scalar.includes('${{') && scalar.includes('steps')
}
