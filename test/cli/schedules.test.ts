import { describe, expect, test } from 'vitest'
import { share, tenant, tenantsDownTo, workflow } from '../fakes/fleet-files.ts'
import { fleetAt, run, runJson } from '../reconcile/command-line.ts'

const files = {
  ...tenantsDownTo('acme/north'),
  ...tenant('acme', 'timezone: Europe/Stockholm'),
  ...tenant('acme/east', 'timezone: Asia/Tokyo', 'tenant-east'),
  ...tenant('acme/west', 'suspended: true'),
  ...workflow(
    'tidy',
    `
    triggers:
      - { id: nightly, type: schedule, cron: 30 2 * * *, spreadSeconds: 0 }
      - { id: weekly, type: schedule, cron: 0 6 * * 1, timezone: UTC, missed: all }
    steps: [{ id: note, set: { text: hello } }]`,
  ),
  ...share('all', 'tidy', 'to: { exclude: [acme/north] }'),
}

describe('schedules', () => {
  test('show the next start of each tenant, earliest first, in the zone of each', async () => {
    const { code, json } = await runJson(fleetAt(files), ['schedules', '--from', '2026-10-24T00:00:00Z'])
    expect(code).toBe(0)
    const starts = json.schedules as { tenant: string; trigger: string; scheduledAt: string; startsAt: string }[]
    expect(starts.map(({ tenant, trigger, scheduledAt }) => `${tenant} ${trigger} ${scheduledAt}`)).toEqual([
      'acme nightly 2026-10-24T00:30:00.000Z',
      'acme/east nightly 2026-10-24T17:30:00.000Z',
      expect.stringMatching(/^acme(\/east)? weekly 2026-10-26T06:00:00.000Z$/),
      expect.stringMatching(/^acme(\/east)? weekly 2026-10-26T06:00:00.000Z$/),
    ])
    const [first, , third, fourth] = starts.map(({ startsAt }) => startsAt)
    expect(first).toBe('2026-10-24T00:30:00.000Z')
    expect(third).not.toBe(fourth)
  })

  test('of one tenant, several at once: an autumn night has 02:30 twice, and it counts once', async () => {
    const args = ['schedules', 'acme', '--next', '2', '--from', '2026-10-24T01:00:00Z']
    const { code, out, err } = await run(fleetAt(files), args)
    expect([code, err]).toEqual([0, '2 schedules\n'])
    expect(out).toContain('2026-10-25T00:30:00.000Z  acme')
    expect(out).toContain('2026-10-26T01:30:00.000Z  acme')
    expect(out).toContain('30 2 * * *')
  })

  test.each([
    [['--from', 'soon'], 2, '`soon` is no time'],
    [['--next', '0'], 2, '--next is a number from 1 to 100'],
    [['acme/nort'], 1, 'did you mean `acme/north`?'],
  ])('%j is answered with exit code %i', async (args, code, message) => {
    const answer = await run(fleetAt(files), ['schedules', ...args])
    expect([answer.code, answer.err]).toEqual([code, expect.stringContaining(message)])
  })
})

test('validate points at a cron expression and at a time zone that are none', async () => {
  const broken = {
    ...files,
    ...tenant('acme/east', 'timezone: Asia/Tokio', 'tenant-east'),
    ...workflow(
      'tidy',
      'triggers: [{ id: nightly, type: schedule, cron: 0 25 * * * }]\nsteps: [{ id: note, set: {} }]',
    ),
  }
  const { code, out } = await run(fleetAt(broken), ['validate'])
  expect(code).toBe(1)
  expect(out).toMatch(/tenants\/acme\/east\/tenant\.yaml:6:\d+/)
  expect(out).toContain('There is no time zone Asia/Tokio')
  expect(out).toMatch(/workflows\/tidy\/releases\/1\.0\.0\.yaml:7:\d+/)
  expect(out).toContain('Invalid value for hour: 25')
})
