// Everything that must hold beside the tests; each check is shown with its outcome.
//   npm run check            all
//   npm run check -- types   one of them
import { spawnSync } from 'node:child_process'

const checks: Record<string, readonly string[]> = {
  types: ['--bin', 'typescript:tsc', '-p', '.'],
  lint: ['--bin', 'oxlint', '--type-aware', '--deny-warnings'],
  format: ['--bin', '@biomejs/biome:biome', 'format'],
  unused: ['--bin', 'knip'],
  generated: ['scripts/generate/main.ts', '--check'],
}

const wanted = process.argv.slice(2)
const chosen = Object.entries(checks).filter(([name]) => wanted.length === 0 || wanted.includes(name))
let failed = 0
for (const [name, args] of chosen) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/run.mjs', ...args], { encoding: 'utf8' })
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}`)
  if (status !== 0) {
    failed++
    console.log(`${stdout}${stderr}`.trimEnd())
  }
}
console.log(`${chosen.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
