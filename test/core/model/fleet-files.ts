import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fleetFolders } from '../../../controller/core/model/snapshot.ts'

const root = dirname(dirname(dirname(import.meta.dirname)))

/** Absolute paths of the starter fleet's YAML files, without encrypted ones, which are no documents of ours. */
export function fleetFiles(): string[] {
  return fleetFolders.flatMap((folder) => {
    if (!existsSync(join(root, folder))) return []
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    return names
      .filter((name) => name.endsWith('.yaml') && !name.endsWith('.sops.yaml'))
      .map((name) => join(root, folder, name))
  })
}
