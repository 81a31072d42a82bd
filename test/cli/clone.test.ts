import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { headwaterHere, starterRepository } from '../core/authoring/headwater-here.ts'
import { temporaryFolder } from '../e2e/controller-process.ts'
import { git } from '../io/git/repositories.ts'

test('clone: the tenant runs what it ran, and a commit holds copy and removal together', async () => {
  using folder = temporaryFolder()
  starterRepository(folder.path)
  const inFleet = ['--repo', folder.path]
  const digestNow = async (): Promise<string> => {
    const { stdout } = await headwaterHere([
      'render',
      'acme/north/contoso',
      'phishing-response',
      '-o',
      'json',
      ...inFleet,
    ])
    return JSON.parse(stdout).workflows[0].digest
  }
  const before = await digestNow()

  const { code, stdout } = await headwaterHere([
    'clone',
    'phishing-response',
    'acme/north/contoso',
    '--commit',
    ...inFleet,
  ])
  expect(code).toBe(0)
  const copy = 'tenants/acme/north/contoso/workflows/phishing-response/workflow.yaml'
  const overlay = 'tenants/acme/north/contoso/overlays/phishing-response.yaml'
  expect(stdout).toContain(`+ ${copy}\n- ${overlay}\n`)
  expect(await digestNow()).toBe(before)
  expect(existsSync(join(folder.path, overlay))).toBe(false)
  expect(readFileSync(join(folder.path, copy), 'utf8')).toContain('headwater.dev/base: phishing-response@1.1.0')
  expect(git(folder.path, ['log', '--format=%s', '-1'])).toBe('Clone phishing-response 1.1.0 for acme/north/contoso')
  expect(git(folder.path, ['status', '--porcelain'])).toBe('')
  expect((await headwaterHere(['validate', ...inFleet])).code).toBe(0)

  const again = await headwaterHere(['clone', 'phishing-response', 'acme/north/contoso', ...inFleet])
  expect(again.code).toBe(1)
  expect(again.stderr).toContain('acme/north/contoso has its clone already')
  const forbidden = await headwaterHere(['clone', 'ransomware-isolation', 'acme/north/contoso', ...inFleet])
  expect(forbidden.stderr).toContain(
    'not-customisable: ransomware-isolation is shared read-only with acme/north/contoso',
  )
})
