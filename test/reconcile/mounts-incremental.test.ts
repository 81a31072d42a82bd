import { expect, test } from 'vitest'
import type { LoadedFleet } from '../../controller/reconcile/load-fleet.ts'
import { createDice, type Dice } from '../properties/desired-edits.ts'
import { overlay, tenant } from '../fakes/fleet-files.ts'
import {
  follow,
  reopen,
  mounted,
  neighbours,
  ownFiles,
  ownRepository,
  type OwnRepository,
  type Followed,
} from './own-repository.ts'

const seed = Number(process.env['HEADWATER_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const steps = 25

interface World {
  readonly own: OwnRepository
  readonly other: OwnRepository
  readonly followed: Followed
}

const places = ['acme/north', 'acme/north/retail', 'acme/north/plant'] as const
const inNorth = (path: string) => path.slice('tenants/acme/north/'.length)

/** One edit somewhere: in the repository, in the fleet beside it, or in what declares the repository. */
const edits: readonly ((world: World, dice: Dice) => void)[] = [
  ({ own }, dice) => {
    const files = overlay(dice.pick(places), 'note', '1.0.0', `minutesSaved: ${dice.below(9)}`)
    own.push(Object.fromEntries(Object.entries(files).map(([path, text]) => [inNorth(path), text])))
  },
  ({ own }, dice) => void own.push({ [inNorth(`tenants/${dice.pick(places)}/overlays/note.yaml`)]: null }),
  ({ own }, dice) => void own.push({ [inNorth(`tenants/${dice.pick(places)}/overlays/broken.yaml`)]: 'kind: [' }),
  ({ own }, dice) => void own.push({ [inNorth(`tenants/${dice.pick(places)}/overlays/broken.yaml`)]: null }),
  ({ own }, dice) =>
    void own.push({ 'plant/tenant.yaml': dice.below(2) ? null : plant(`tags: { n: "${dice.below(9)}" }`) }),
  ({ own }, dice) => void own.push({ 'tenant.yaml': dice.below(3) ? null : 'kind: Tenant\n' }),
  ({ followed }, dice) => followed.edit(tenant('acme', `values: { n: ${dice.below(9)} }`)),
  ({ followed, own, other }, dice) => {
    const url = dice.pick([own, own, other]).url
    followed.edit(mounted('acme/north', url, dice.below(2) ? '' : ', uids: [uid-of-plant]'))
  },
  ({ followed }, dice) => {
    const stray = 'tenants/acme/north/overlays/note.yaml'
    followed.edit({
      [stray]: dice.below(2) ? null : (overlay('acme/north', 'note', '1.0.0', 'minutesSaved: 99')[stray] ?? null),
    })
  },
  ({ own }, dice) => own.server.answerWith(dice.below(2) ? null : (_, response) => void response.writeHead(503).end()),
]

function plant(spec: string): string {
  return tenant('acme/north/plant', spec, 'uid-of-plant')['tenants/acme/north/plant/tenant.yaml'] as string
}

test(`after each of ${steps} edits a loader that goes on knows what one that begins does (seed ${seed})`, async () => {
  const dice = createDice(seed)
  const north = ownFiles('acme/north', tenant('acme/north/retail'), {
    'tenants/acme/north/plant/tenant.yaml': plant(''),
  })
  const [own, other] = [await ownRepository(north), await ownRepository({ 'overlays/.keep': '' })]
  const followed = await follow({ ...neighbours, ...mounted('acme/north', own.url) })
  const words = new Set<string>()
  for (let step = 0; step < steps; step++) {
    const goingOn = await followed.load()
    const fresh = await reopen(followed)
    const anew = await fresh.load()
    await fresh.close()
    expect(told(goingOn), `step ${step}`).toEqual(told(anew))
    for (const { state } of goingOn.snapshot.mounts ?? []) words.add(state)
    dice.pick(edits)({ own, other, followed }, dice)
  }
  expect([...words]).toContain('current')
}, 120_000)

function told({ desired, problems, snapshot }: LoadedFleet) {
  return {
    tree: snapshot.revision.tree,
    tenants: [...desired.tenants.values()]
      .map((each) =>
        each.kind === 'valid' ? `${each.path} ${each.uid} ${each.digest}` : `${each.path} ${each.cause.message}`,
      )
      .sort(),
    problems: problems.map(({ code, message, place }) => `${code} ${place?.file}:${place?.line} ${message}`).sort(),
  }
}
