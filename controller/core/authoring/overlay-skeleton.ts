import type { Step } from '../model/generated/kinds.ts'
import { inline } from './new-document.ts'

/** The lines below `spec:` of an overlay. */
export function overlaySpec(workflow: string, base: string, patch: string): string {
  return `  workflow: ${inline(workflow)}\n  base: ${base}\n${patch}`
}

/** An empty patch, with the forms that a change can take, about steps that are there. */
export function emptyPatch(steps: readonly Step[]): string {
  const first = steps[0]?.id ?? 'some_step'
  const last = steps.at(-1)?.id ?? 'some_step'
  const lines = [
    'What this tenant changes, in the shape of the spec of the workflow: only what differs, everything else follows the template.',
    'Replace `{}` by lines such as these:',
    '  minutesSaved: 20',
    '  steps:',
    `    - id: ${first}`,
    '      timeoutSeconds: 60',
    '    - id: my_step',
    `      $after: ${first}`,
    '      set: { seen: true }',
    `    - { id: ${last}, $delete: true }`,
    'A map takes only the keys given here and `null` deletes one; `headwater render` shows what comes out.',
  ]
  return `${lines.map((line) => `  # ${line}\n`).join('')}  patch: {}\n`
}
