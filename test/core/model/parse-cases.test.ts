import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseDocument } from '../../../controller/core/model/parse-document.ts'

/** Each file names its problems in comments at its top, `# expect: code:line:column`; a file without any must parse. */
const folder = join(import.meta.dirname, '../../cases/parse')

describe('parse cases', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.yaml'))) {
    it(name, () => {
      const bytes = readFileSync(join(folder, name))
      const expected = [...bytes.toString('utf8').matchAll(/^# expect: (.*)$/gm)].map((match) => match[1])
      const verdict = parseDocument({ file: name, bytes })
      const found =
        verdict.kind === 'parsed'
          ? []
          : verdict.problems.map(({ code, place }) => `${code}:${place?.line}:${place?.column}`)
      expect(found).toEqual(expected)
      expect(expected.length === 0).toBe(name.startsWith('good-'))
    })
  }
})
