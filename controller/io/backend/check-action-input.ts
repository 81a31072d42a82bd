import { Ajv, type ValidateFunction } from 'ajv'
import type { Digest } from '../../core/model/effective.ts'
import type { JsonMap } from '../../core/model/values.ts'

const ajv = new Ajv({ strict: false, validateFormats: false, logger: false })
const validators = new Map<Digest, ValidateFunction>()

/**
 * Why an input is not one that the action takes; undefined where it is. Alerts are written by strangers: the patterns of
 * an action are what keeps a host name from becoming part of a vendor's query.
 */
export function inputFault(digest: Digest, schema: JsonMap, input: JsonMap): string | undefined {
  let validate = validators.get(digest)
  if (!validate) {
    validate = ajv.compile(schema)
    validators.set(digest, validate)
  }
  if (validate(input)) return undefined
  const [error] = validate.errors ?? []
  const where = error?.instancePath ? `\`${error.instancePath.slice(1)}\` ` : ''
  return `the action does not take this input: ${where}${error?.message ?? 'it does not fit the schema'}`
}
