import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type FleetSource, SourceMirrors } from '../io/git/index.ts'
import { MountedFleet } from './mounted-fleet.ts'
import { SourcePoller } from './source-poller.ts'

export interface MountOptions {
  /** The fleet itself, as a folder or an address. */
  readonly fleet: string
  /** The controller's folder, where the mirrors are. */
  readonly state: string
  /** Opens the fleet's own remote, and repositories of the same forge. */
  readonly gitToken: string | undefined
  readonly isPatient?: boolean
}

/** Follows the repositories of tenants that keep their own. `hearOf` says who is told of news. */
export async function openMounts(
  base: FleetSource,
  { fleet, state, gitToken, isPatient = false }: MountOptions,
): Promise<{ readonly source: MountedFleet; hearOf(onNews: () => void): void }> {
  let tell = (): void => {}
  const forge = URL.parse(fleet)?.origin
  const mirrors = await SourceMirrors.open({
    folder: mirrorsIn(state),
    // Any other host would be handed a token that opens the whole fleet.
    tokenFor: ({ origin }) => (origin === forge ? gitToken : undefined),
  })
  const poller = new SourcePoller({
    fetch: (address, options) => mirrors.fetch(address, options),
    onNews: () => tell(),
    later: (ms, act) => {
      const timer = setTimeout(act, ms)
      timer.unref()
      return () => clearTimeout(timer)
    },
    clock: () => performance.now(),
    random: Math.random,
  })
  return {
    source: new MountedFleet({ base, mirrors, poller, isPatient, isRemembered: true }),
    hearOf: (onNews) => {
      tell = onNews
    },
  }
}

/** What a controller has fetched, as it is: a command asks nobody and writes nothing. */
export async function openFetchedMounts(base: FleetSource, state: string): Promise<FleetSource> {
  const folder = mirrorsIn(state)
  // Most fleets have none, and looking for git takes a moment.
  const mirrors = await SourceMirrors.open({ folder, ...(!existsSync(folder) && { git: null }) })
  return new MountedFleet({ base, mirrors, isRemembered: false })
}

function mirrorsIn(state: string): string {
  return join(state, 'sources')
}
