import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fleetFolders } from '../../controller/core/model/snapshot.ts'

const root = join(import.meta.dirname, '../..')

/** The YAML files of the fleet that this repository starts with, by path. */
export function starterFleet(): Map<string, string> {
  const paths = fleetFolders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
  )
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}
