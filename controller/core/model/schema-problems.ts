import type { ErrorObject, ValidateFunction } from 'ajv'
import { caps } from './caps.ts'
import { findDuplicateItems } from './duplicate-items.ts'
import type { KindName } from './generated/kinds.ts'
import * as validators from './generated/validators.js'
import type { Problem } from './problems.ts'
import { type DataPath, type Finding, type Whereabouts, toProblem, valueAt } from './schema-finding.ts'
import { unknownField } from './schema-unknown-field.ts'
import { type KindSchema, schemaOf } from './schemas.ts'
import { wordsForEnum, wordsForPattern, wordsForRange, wordsForType } from './schema-words.ts'
import { type Json, isList } from './values.ts'

const validatorOf: Record<KindName, ValidateFunction> = { ...validators }

/** Quick yes or no for a value that is usually right. */
export function fitsKind(kind: KindName, value: Json): boolean {
  return validatorOf[kind](value) && findDuplicateItems(schemaOf(kind), value).length === 0
}

/** What keeps a value from being an object of a kind, with places where the value has a file; empty where nothing does. */
export function schemaProblems(kind: KindName, value: Json, where?: Whereabouts): Problem[] {
  const root = schemaOf(kind)
  const findings = [...fromValidator(root, kind, value, where), ...fromLists(root, value, where)]
  return inOrder(findings.map((finding) => toProblem(finding, root, value, where)))
}

/** By line, at most as many as anyone reads. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => rank(a) - rank(b)).slice(0, caps.problemsPerFile)
}

/** An error of the validator with the path it is about. */
interface Fault {
  readonly error: ErrorObject
  readonly path: DataPath
}

/** Words cost more than places, so only the first of thousands of errors get them. */
const consideredErrors = 4 * caps.problemsPerFile

function fromValidator(root: KindSchema, kind: KindName, value: Json, where: Whereabouts | undefined): Finding[] {
  const validate = validatorOf[kind]
  if (validate(value)) return []
  const errors = validate.errors ?? []
  const wrongTypes = new Set(errors.filter((error) => error.keyword === 'type').map((error) => error.instancePath))
  // One cause, one problem: a value of the wrong type is in no enumeration either.
  const causes = errors.filter((error) => error.keyword === 'type' || !wrongTypes.has(error.instancePath))
  const faults = firstOf(
    causes.map((error) => ({ error, path: toPath(error.instancePath, value) })),
    where,
  )
  const misspelt = new Set<string>()
  const findings: Finding[] = []
  for (const { error, path } of faults) {
    if (error.keyword !== 'additionalProperties') continue
    const finding = unknownField(root, path, error.params['additionalProperty'] as string)
    if (finding.meant) misspelt.add(`${error.instancePath}/${finding.meant}`)
    findings.push(finding)
  }
  for (const { error, path } of faults) {
    if (error.keyword === 'additionalProperties') continue
    // A misspelt field is not missing.
    if (error.keyword === 'required' && misspelt.has(`${error.instancePath}/${error.params['missingProperty']}`))
      continue
    findings.push(toFinding(error, path, value, where))
  }
  return findings
}

function firstOf(faults: readonly Fault[], where: Whereabouts | undefined): readonly Fault[] {
  if (faults.length <= consideredErrors || !where) return faults.slice(0, consideredErrors)
  const placed = faults.map((fault) => {
    const name = fault.error.params['additionalProperty'] as string | undefined
    return { fault, offset: where.keyOffset(name === undefined ? fault.path : [...fault.path, name]) }
  })
  return placed
    .toSorted((a, b) => a.offset - b.offset)
    .slice(0, consideredErrors)
    .map(({ fault }) => fault)
}

function toFinding(error: ErrorObject, path: DataPath, value: Json, where: Whereabouts | undefined): Finding {
  const { keyword, params } = error
  const name = nameOf(path)
  if (keyword === 'required') {
    const missing = params['missingProperty'] as string
    const message = `missing field \`${missing}\`${path.length > 0 ? ` in ${name}` : ''}`
    return { code: 'missing-field', message, path: [...path, missing], mark: 'parent' }
  }
  const data = valueAt(value, path)
  const mark = typeof data === 'object' ? 'key' : 'value'
  if (keyword === 'type')
    return { code: 'wrong-type', ...wordsForType(name, String(params['type']), data, where?.written(path)), path, mark }
  return { code: 'wrong-value', ...wordsForValue(name, keyword, params, data), path, mark }
}

function wordsForValue(name: string, keyword: string, params: ErrorObject['params'], data: Json | undefined) {
  if (keyword === 'enum') return wordsForEnum(name, params['allowedValues'] as Json[], data)
  if (keyword === 'pattern') return wordsForPattern(name, params['pattern'] as string, data)
  return wordsForRange(name, keyword, params['limit'] as number, data)
}

function rank({ place }: Problem): number {
  return place ? place.line * 1e6 + place.column : 0
}

function fromLists(root: KindSchema, value: Json, where: Whereabouts | undefined): Finding[] {
  return findDuplicateItems(root, value)
    .slice(0, consideredErrors)
    .map(({ list, first, second, name }) => {
      const lines = where && [first, second].map((index) => where.placeAt(where.keyOffset([...list, index])).line)
      return {
        code: 'duplicate-item',
        message: `\`${name}\` stands twice in ${nameOf(list)}${lines ? onLines(lines) : ''}`,
        path: [...list, second],
        mark: 'key',
      }
    })
}

function onLines([one, other]: readonly number[]): string {
  return one === other ? `, on line ${one}` : `, on line ${one} and again on line ${other}`
}

/** A pointer does not say whether `0` is an index or a key; the value does. */
function toPath(pointer: string, value: Json): DataPath {
  let node: Json | undefined = value
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = isList(node) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')
      node = node === undefined ? undefined : valueAt(node, [key])
      return key
    })
}

/** The nearest name on the way to a value: an item is called by its list. */
function nameOf(path: DataPath): string {
  const index = path.findLastIndex((key) => typeof key === 'string')
  if (index === -1) return 'the document'
  const name = path[index] as string
  return index === path.length - 1 ? `\`${name}\`` : `an item of \`${name}\``
}
