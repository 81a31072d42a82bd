import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const controller = join(import.meta.dirname, '..', '..')

/** Texts that decide what files mean and what a workflow may be. */
const deciding = ['core', 'reconcile/check-workflow-spec.ts']

/**
 * Names the program that turns files into tenants: its version and libraries, and the texts that decide. A checkout
 * changes without its version changing, so the version alone would not do.
 */
export function programVersion(): string {
  const files = deciding.flatMap((path) => {
    if (path.endsWith('.ts')) return [path]
    const within = readdirSync(join(controller, path), { recursive: true, encoding: 'utf8' })
    return within.filter((name) => /\.[jt]s$/.test(name)).map((name) => join(path, name))
  })
  const texts = files.toSorted().map((name) => `${name}\n${readFileSync(join(controller, name), 'utf8')}`)
  const { version, dependencies } = JSON.parse(readFileSync(join(controller, '..', 'package.json'), 'utf8')) as {
    version: string
    dependencies: unknown
  }
  return hash('sha256', [version, JSON.stringify(dependencies), process.version, ...texts].join('\n'))
}
