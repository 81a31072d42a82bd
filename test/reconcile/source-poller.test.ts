import { expect, test } from 'vitest'
import type { FetchOptions, FetchOutcome, SourceAddress } from '../../controller/io/git/index.ts'
import { SourcePoller } from '../../controller/reconcile/source-poller.ts'

interface Question extends SourceAddress {
  readonly options: FetchOptions
  answer(outcome: FetchOutcome | Error): Promise<void>
}

const unchanged: FetchOutcome = { kind: 'unchanged', commit: 'a' }
const updated: FetchOutcome = { kind: 'updated', from: 'a', commit: 'b' }
const dead = new Error('The remote cannot be reached.')

function world(random = 0.5) {
  const open: Question[] = []
  const timers: { ms: number; act: () => void }[] = []
  const seen = { news: 0, now: 0 }
  const poller = new SourcePoller({
    fetch: (address, options) =>
      new Promise((resolve, reject) => {
        const question: Question = {
          ...address,
          options,
          answer: async (outcome) => {
            open.splice(open.indexOf(question), 1)
            if (outcome instanceof Error) reject(outcome)
            else resolve(outcome)
            await settle()
          },
        }
        open.push(question)
      }),
    onNews: () => void seen.news++,
    later: (ms, act) => {
      const timer = { ms, act }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0)
    },
    clock: () => seen.now,
    random: () => random,
  })
  const settle = () => new Promise<void>((done) => setImmediate(done))
  const asked = () => open.map(({ url }) => url)
  const question = (url: string): Question => {
    const found = open.find((each) => each.url === url)
    if (!found) throw new Error(`nobody asked ${url}`)
    return found
  }
  /** The pause before the next look, with the timer gone off. */
  const pass = async (): Promise<number> => {
    const [timer] = timers.splice(0, 1)
    timer?.act()
    await settle()
    return timer?.ms ?? Number.NaN
  }
  return { poller, open, timers, seen, asked, question, pass, settle }
}

const main = (...urls: string[]) => urls.map((url) => ({ url, ref: 'main' }))

test('four are asked at a time, and the next one as soon as one has answered', async () => {
  const { poller, asked, question } = world()
  poller.follow(main('a', 'b', 'c', 'd', 'e', 'f'))
  expect(asked()).toEqual(['a', 'b', 'c', 'd'])
  await question('b').answer(unchanged)
  expect(asked()).toEqual(['a', 'c', 'd', 'e'])
})

test('one that does not answer at once goes on in the slow lane with more time, and its place is free', async () => {
  const { poller, asked, question, seen } = world()
  poller.follow(main('slow', 'b', 'c', 'd', 'e'))
  expect(question('slow').options.deadlineMs).toBe(10_000)
  seen.now = 2_500
  await question('slow').answer(dead)
  expect(asked().sort()).toEqual(['b', 'c', 'd', 'e', 'slow'])
  expect(question('slow').options.deadlineMs).toBe(120_000)
})

test('any number of slow ones keeps two places busy, and not one of the quick ones', async () => {
  const { poller, asked, question, seen } = world()
  const slow = ['s1', 's2', 's3', 's4']
  poller.follow(main(...slow))
  seen.now = 2_500
  for (const url of slow) await question(url).answer(dead)
  expect(asked()).toEqual(['s1', 's2'])
  poller.follow(main(...slow, 'new'))
  expect(asked()).toEqual(['s1', 's2', 'new'])
})

test('it returns to the quick lane once it answers at once', async () => {
  const { poller, question, seen, pass } = world()
  poller.follow(main('a'))
  seen.now = 2_500
  await question('a').answer(dead)
  await question('a').answer(unchanged)
  await pass()
  expect(question('a').options.deadlineMs).toBe(10_000)
})

test.each([
  ['least', 0, [7_500, 15_000, 30_000, 60_000, 120_000, 240_000, 450_000, 450_000]],
  ['most', 1, [15_000, 30_000, 60_000, 120_000, 240_000, 480_000, 900_000, 900_000]],
])('failures make the pauses longer, with chance in them: %s', async (_, random, pauses) => {
  const { poller, question, pass } = world(random)
  poller.follow(main('a'))
  const seen: number[] = []
  while (seen.length < pauses.length) {
    await question('a').answer(dead)
    seen.push(await pass())
  }
  expect(seen).toEqual(pauses)
  await question('a').answer(unchanged)
  expect(await pass()).toBe(60_000 * (0.9 + 0.2 * random))
})

test('a hint brings the next look forward; many of them during a look make one more', async () => {
  const { poller, asked, question, timers } = world()
  poller.follow(main('a'))
  await question('a').answer(unchanged)
  expect([asked(), timers.length]).toEqual([[], 1])
  poller.hint('a')
  expect([asked(), timers.length]).toEqual([['a'], 0])
  poller.hint('a')
  poller.hint('a')
  await question('a').answer(unchanged)
  expect(asked()).toEqual(['a'])
  await question('a').answer(unchanged)
  expect([asked(), timers.length]).toEqual([[], 1])
  poller.hint('unknown')
  expect(asked()).toEqual([])
})

test('news are a new commit and a new state, not the same answer again', async () => {
  const { poller, question, pass, seen } = world()
  poller.follow(main('a'))
  const counts: number[] = []
  for (const outcome of [updated, unchanged, updated, dead, dead, unchanged]) {
    await question('a').answer(outcome)
    counts.push(seen.news)
    await pass()
  }
  expect(counts).toEqual([1, 1, 2, 3, 3, 4])
})

test('a failure in the quick lane is no news yet, and is one when the slow lane says the same', async () => {
  const { poller, question, seen } = world()
  poller.follow(main('a'))
  seen.now = 2_500
  await question('a').answer(dead)
  expect(seen.news).toBe(0)
  await question('a').answer(dead)
  expect(seen.news).toBe(1)
})

test('branches of one repository are asked one after another', async () => {
  const { poller, open, question } = world()
  poller.follow([
    { url: 'a', ref: 'main' },
    { url: 'a', ref: 'next' },
    { url: 'a', ref: 'main', accept: 'f00' },
  ])
  expect(open.map(({ ref, options }) => [ref, options.approved])).toEqual([['main', 'f00']])
  await question('a').answer(dead)
  expect(open.map(({ ref }) => ref)).toEqual(['next'])
  await question('a').answer(unchanged)
  expect(poller.told({ url: 'a', ref: 'main' })).toEqual({ kind: 'behind', cause: dead.message })
  expect(poller.told({ url: 'a', ref: 'next' })).toEqual({ kind: 'current' })
})

test('a commit that is accepted is asked for at once', async () => {
  const { poller, asked, question } = world()
  poller.follow(main('a'))
  await question('a').answer({ kind: 'rewritten', commit: 'a', offered: 'f00' } as FetchOutcome)
  expect(poller.told({ url: 'a', ref: 'main' })).toEqual({ kind: 'rewritten', offered: 'f00' })
  poller.follow(main('a'))
  expect(asked()).toEqual([])
  poller.follow([{ url: 'a', ref: 'main', accept: 'f00' }])
  expect(question('a').options.approved).toBe('f00')
})

test('what is no longer followed is not asked again', async () => {
  const { poller, asked, question, timers } = world()
  poller.follow(main('a', 'b'))
  await question('a').answer(unchanged)
  poller.follow(main('b'))
  expect(timers).toEqual([])
  await question('b').answer(unchanged)
  expect([asked(), poller.told({ url: 'a', ref: 'main' })]).toEqual([[], undefined])
})

test('a look at all waits for answers to questions asked since', async () => {
  const { poller, question, settle } = world()
  poller.follow(main('a'))
  let isDone = false
  void poller.lookAtAll(main('a', 'b')).then(() => (isDone = true))
  await question('b').answer(dead)
  await question('a').answer(unchanged)
  expect(isDone).toBe(false)
  await question('a').answer(unchanged)
  await settle()
  expect(isDone).toBe(true)
})

test('a look at all does not wait longer than a minute for those who do not answer', async () => {
  const { poller, question, timers, settle } = world()
  let isDone = false
  void poller.lookAtAll(main('silent', 'b')).then(() => (isDone = true))
  await question('b').answer(unchanged)
  expect([isDone, timers.map(({ ms }) => ms)]).toEqual([false, [60_000, 60_000]])
  timers[0]?.act()
  await settle()
  expect(isDone).toBe(true)
})

test('a history that was rewritten is not asked for every minute', async () => {
  const { poller, question, pass } = world(1)
  poller.follow(main('a'))
  const pauses: number[] = []
  for (const offered of ['f00', 'f01', 'f02']) {
    await question('a').answer({ kind: 'rewritten', commit: 'a', offered } as FetchOutcome)
    pauses.push(await pass())
  }
  expect(pauses).toEqual([15_000, 30_000, 60_000])
})

test('closing ends what is being asked', async () => {
  const { poller, question, timers } = world()
  poller.follow(main('a'))
  const { options, answer } = question('a')
  const closed = poller.close()
  expect(options.signal?.aborted).toBe(true)
  await answer(dead)
  await closed
  expect(timers).toEqual([])
})
