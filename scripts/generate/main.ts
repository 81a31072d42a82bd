// Makes everything that follows from the sources of truth: types, validators, editor schemas and reference pages.
//   npm run generate             write
//   npm run generate -- --check  write nothing; exit 1 and name the files that are not as generated
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { toApiPage } from './api-reference.ts'
import { toCliPage } from './cli-reference.ts'
import { toJsonSchema } from './json-schema.ts'
import { readKinds } from './kinds.ts'
import { toMergeSchemas } from './merge-schemas.ts'
import { toKindIndex, toKindPage, toProblemPage } from './reference.ts'
import { toScalePage } from './scale-page.ts'
import { toTypes } from './types.ts'
import { toValidators, toValidatorTypes } from './validators.ts'

const root = dirname(dirname(import.meta.dirname))
const model = 'controller/core/model/generated'
const kinds = readKinds(root)

const files = new Map<string, string>([
  [`${model}/kinds.ts`, await toTypes(kinds)],
  [`${model}/validators.js`, toValidators(kinds)],
  [`${model}/validators.d.ts`, toValidatorTypes(kinds)],
  [`${model}/merge-schemas.ts`, toMergeSchemas(kinds)],
  ['docs/reference/kinds/README.md', toKindIndex(kinds)],
  ['docs/reference/problems.md', toProblemPage()],
  ['docs/reference/cli.md', toCliPage()],
  ['docs/reference/api.md', toApiPage()],
  ...toScalePage(root),
  ...kinds.map((kind) => [`docs/reference/kinds/${kind.singular}.md`, toKindPage(kind)] as const),
  ...kinds.map(
    (kind) =>
      [`crds/generated/${kind.singular}.schema.json`, `${JSON.stringify(toJsonSchema(kind), null, 2)}\n`] as const,
  ),
])

const stale = [...files].filter(
  ([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
)
if (process.argv.includes('--check')) {
  for (const [path] of stale)
    console.error(`${path} is not as generated: run \`npm run generate\` and commit the result`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  console.log(`${files.size} generated files, ${stale.length} changed`)
}
