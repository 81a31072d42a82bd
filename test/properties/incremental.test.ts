import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createResolver, type FleetFile, resolve } from '../../controller/core/desired/index.ts'
import { fleetFolders } from '../../controller/core/model/snapshot.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { digestsOf, frozenOf, problemsOf, renderDigestsOf } from '../fakes/fleet-answers.ts'
import { parsed } from '../fakes/fleet-files.ts'
import { createDice, edits, FleetDraft } from './desired-edits.ts'

const checkout = join(import.meta.dirname, '../..')
const steps = process.env['HEADWATER_LANE'] === 'soak' ? 2_000 : 200
const seed = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 2_147_483_647)

test(`after each of ${steps} random edits the state with memory is the state without (seed ${seed})`, () => {
  let draft = new FleetDraft(starterFleet())
  const dice = createDice(seed)
  const remember = createResolver(checkWorkflowSpec)
  const known = new Map<string, FleetFile>()
  for (let step = 0; step < steps; step++) {
    const files = filesOf(draft, known)
    const [incremental, cold] = [remember(files), resolve(files, checkWorkflowSpec)]
    const what = step === 0 ? 'the starter fleet' : `step ${step}`
    expect(digestsOf(incremental), what).toEqual(digestsOf(cold))
    expect(renderDigestsOf(incremental), what).toEqual(renderDigestsOf(cold))
    expect(frozenOf(incremental), what).toEqual(frozenOf(cold))
    expect(problemsOf(incremental).sort(), what).toEqual(problemsOf(cold).sort())
    // Long histories run out of overlays to edit; going back is one large change at once.
    if (step % 80 === 79) draft = new FleetDraft(starterFleet())
    dice.pick(edits)(draft, dice)
  }
}, 240_000)

function starterFleet(): Map<string, string> {
  const paths = fleetFolders.flatMap((top) =>
    readdirSync(join(checkout, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => `${top}/${name.replaceAll('\\', '/')}`),
  )
  return new Map(paths.map((path) => [path, readFileSync(join(checkout, path), 'utf8')]))
}

/** As the loader does it: a file is parsed once, and equal contents are one object. */
function filesOf({ files }: FleetDraft, known: Map<string, FleetFile>): FleetFile[] {
  return [...files].map(([path, text]) => {
    const key = `${path}\n${text}`
    const file = known.get(key) ?? parsed({ [path]: text })[0]
    if (!file) throw new Error('a file was not parsed')
    known.set(key, file)
    return file
  })
}
