import { generatedReleases, releaseOf } from './generate-fleet-workflow.ts'
import type { Random } from './generate-fleet-random.ts'

/** Every third overlay was written against an earlier release and has to follow by a three-way merge. */
const behind = 0.33

const tweaks: readonly ((who: string, level: number, random: Random) => string)[] = [
  (who, _level, random) => `      - id: isolate
        timeoutSeconds: ${30 + random.below(90)}
        onError: continue
      - id: ticket
        with:
          category: ${who}
`,
  (who, _level, random) => `      - id: ticket
        with:
          priority: urgent
          category: ${who}
      - id: account
        retry:
          attempts: ${2 + random.below(6)}
`,
  (who, level) => `      - id: tell_level_${level}
        $after: notify
        action: notify_team
        with:
          channel: ${who}
          title: Seen by ${who}
          text: \${{ steps.ticket.outputs.ticket_id }}
`,
]

/** A tenant's change to one workflow, about sixteen lines. `level` keeps added steps of two levels apart. */
export function overlayText(workflow: string, who: string, level: number, random: Random): string {
  const target = releaseOf(workflow, 'stable')
  const older = generatedReleases[generatedReleases.indexOf(target) - 1] ?? target
  return `apiVersion: headwater.dev/v1
kind: Overlay
metadata:
  name: ${workflow}
spec:
  workflow: ${workflow}
  base: ${random.chance(behind) ? older : target}
  patch:
    minutesSaved: ${5 + random.below(50)}
    steps:
${random.pick(tweaks)(who, level, random)}`
}
