import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { overlay } from '../fakes/fleet-files.ts'
import { mounted, neighbours, ownFiles, ownRepository } from '../reconcile/own-repository.ts'
import { triggeredFleet } from './triggered-fleet.ts'

const north = 'acme/north'
const saves = (minutes: number) => overlay(north, 'note', '1.0.0', `minutesSaved: ${minutes}`)

test('a push webhook brings the next look forward, and a wrong one asks nobody', async () => {
  const own = await ownRepository(ownFiles(north, saves(5)))
  using fleet = triggeredFleet({ ...neighbours, ...mounted(north, own.url) })
  const controller = await fleet.start()
  onTestFinished(() => controller.close())
  await controller.watch(() => {})
  const minutes = () => controller.view.applied.get(north)?.workflows.get('note')?.spec.minutesSaved
  await expect.poll(minutes, { timeout: 30_000 }).toBe(5)

  const api = (path: string, init: RequestInit = {}) => fetch(`${controller.url}${path}`, init)
  const token = readFileSync(join(fleet.state, 'token'), 'utf8').trim()
  const { uid } = controller.view.applied.get(north) ?? { uid: '' }
  const secret = controller.view.sourceSecret(uid)
  const hooks = await api(`/v1/hooks/${north}`, { headers: { authorization: `Bearer ${token}` } })
  expect(await hooks.json()).toMatchObject({ source: { url: `${controller.url}/sources/${north}`, secret } })
  const body = '{"ref":"refs/heads/main"}'
  const push = (path: string, key: string) => {
    const signature = `sha256=${createHmac('sha256', key).update(body).digest('hex')}`
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature }
    return api(`/sources/${path}`, { method: 'POST', headers, body }).then(({ status }) => status)
  }
  own.push(ownFiles(north, saves(7)))
  const asked = own.server.requests.length
  expect(await push(north, 'wrong')).toBe(401)
  expect(await push('acme/south', secret)).toBe(401)
  expect(await push('acme/nobody', secret)).toBe(401)
  expect(own.server.requests).toHaveLength(asked)
  // The timer would come round in a minute.
  expect(await push(north, secret)).toBe(202)
  await expect.poll(minutes, { timeout: 30_000 }).toBe(7)
}, 90_000)
