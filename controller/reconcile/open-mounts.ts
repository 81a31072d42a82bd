import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type FleetSource, SourceMirrors } from '../io/git/index.ts'
import { openAgeKey } from '../io/secrets/index.ts'
import { MountedFleet } from './mounted-fleet.ts'
import { SourceCredentials } from './source-credentials.ts'
import { SourcePoller } from './source-poller.ts'

export interface MountOptions {
  /** The controller's folder, where the mirrors are. */
  readonly state: string
  /** File with the age identity; that of the state folder where absent. */
  readonly ageKeyFile?: string
  readonly isPatient?: boolean
}

/** Follows the repositories of tenants that keep their own. `hearOf` says who is told of news. */
export async function openMounts(
  base: FleetSource,
  { state, ageKeyFile, isPatient = false }: MountOptions,
): Promise<{ readonly source: MountedFleet; hearOf(onNews: () => void): void }> {
  let tell = (): void => {}
  const credentials = new SourceCredentials(base, async () => (await openAgeKey(state, ageKeyFile)).identities)
  const mirrors = await SourceMirrors.open({
    folder: mirrorsIn(state),
    // Never the fleet's own token: whoever may write one tenant.yaml would read with it what he names there.
    tokenOf: (credential) => credentials.token(credential),
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
    source: new MountedFleet({ base, mirrors, credentials, poller, isPatient, isRemembered: true }),
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
  const credentials = new SourceCredentials(base, () => Promise.resolve([]))
  return new MountedFleet({ base, mirrors, credentials, isRemembered: false })
}

function mirrorsIn(state: string): string {
  return join(state, 'sources')
}
