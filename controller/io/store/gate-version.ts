import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const controller = join(import.meta.dirname, '..', '..')

/**
 * Names the program that turns bytes into objects: its version and libraries, and the text of the gate with the
 * generated schemas. A checkout changes without its version changing, so the version alone would not do.
 */
export function gateVersion(): string {
  const model = join(controller, 'core', 'model')
  const files = readdirSync(model, { recursive: true, encoding: 'utf8' }).filter((name) => /\.[jt]s$/.test(name))
  const texts = files.toSorted().map((name) => `${name}\n${readFileSync(join(model, name), 'utf8')}`)
  const { version, dependencies } = JSON.parse(readFileSync(join(controller, '..', 'package.json'), 'utf8')) as {
    version: string
    dependencies: unknown
  }
  return hash('sha256', [version, JSON.stringify(dependencies), process.version, ...texts].join('\n'))
}
