import { Ajv } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { toJsonSchema } from './json-schema.ts'
import type { Kind } from './kinds.ts'

/**
 * Validators as plain code, so that a start does not compile schemas. `unicode: false` counts UTF-16 units and
 * keeps the code free of imports.
 */
export function toValidators(kinds: readonly Kind[]): string {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    strictRequired: false,
    unicode: false,
    verbose: true,
    logger: false,
    code: { source: true, esm: true },
  })
  const names: Record<string, string> = {}
  for (const kind of kinds) {
    ajv.addSchema({ ...toJsonSchema(kind), $id: kind.name })
    names[kind.name] = kind.name
  }
  return `// Generated from crds/ by \`npm run generate\`: change the kinds there, not here.\n${standalone.default(ajv, names)}\n`
}

export function toValidatorTypes(kinds: readonly Kind[]): string {
  const lines = kinds.map((kind) => `export declare const ${kind.name}: ValidateFunction`)
  return `// Generated from crds/ by \`npm run generate\`: change the kinds there, not here.\nimport type { ValidateFunction } from 'ajv'\n\n${lines.join('\n')}\n`
}
