import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../controller/core/model/format-problem.ts'
import { parseDocument } from '../../../controller/core/model/parse-document.ts'
import { fleetFiles } from './fleet-files.ts'

describe('the starter fleet', () => {
  it('parses without a problem', () => {
    const problems = fleetFiles().flatMap((file) => {
      const verdict = parseDocument({ file, bytes: readFileSync(file) })
      return verdict.kind === 'parsed' ? [] : verdict.problems
    })
    expect(problems.map((problem) => formatProblem(problem)).join('\n')).toBe('')
  })
})
