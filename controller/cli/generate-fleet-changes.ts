import { channelsText } from './generate-fleet-workflow.ts'

/** Files as they stand after one change. */
export type GeneratedChange = ReadonlyMap<string, string>

/** `leafOverlay` concerns one tenant, `regionOverlay` a region, `tag` one customer, `promotion` everybody. */
export type ChangeName = 'leafOverlay' | 'regionOverlay' | 'tag' | 'promotion'

/** Single edits of a generated fleet, such as a person makes in a pull request. Those that a tiny fleet has no place for are left out. */
export function changes(
  fleet: Iterable<readonly [path: string, text: string]>,
): ReadonlyMap<ChangeName, GeneratedChange> {
  let leaf: readonly [string, string] | undefined
  let region: readonly [string, string] | undefined
  let customer: readonly [string, string] | undefined
  let everybody: string | undefined
  for (const file of fleet) {
    const [path, text] = file
    const depth = path.split('/').length
    if (/\/site-\d+\/overlays\//.test(path)) leaf = file
    else if (depth === 4 && path.includes('/overlays/')) region ??= file
    else if (depth === 5 && path.endsWith('/tenant.yaml') && text.includes('tier: silver')) customer = file
    else if (path.endsWith('/channels.yaml')) everybody ??= path
  }
  const found = new Map<ChangeName, GeneratedChange>()
  if (leaf) found.set('leafOverlay', edit(leaf, /minutesSaved: \d+/, 'minutesSaved: 61'))
  if (region) found.set('regionOverlay', new Map([[region[0], region[1] + untouchedBelow]]))
  if (customer) found.set('tag', edit(customer, 'tier: silver', 'tier: gold'))
  if (everybody !== undefined) {
    const workflow = everybody.split('/')[1] as string
    found.set('promotion', new Map([[everybody, channelsText(workflow, '2.0.0')]]))
  }
  return found
}

/** Overlays further down change other steps, so nothing there hides this one. */
const untouchedBelow = `      - id: record
        timeoutSeconds: 90
`

function edit([path, text]: readonly [string, string], from: string | RegExp, to: string): GeneratedChange {
  return new Map([[path, text.replace(from, to)]])
}
