import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../controller/io/store/open-store.ts'
import { prepare } from '../../../controller/io/store/statements.ts'
import { folder, newRun } from './sample-runs.ts'

const script = (name: string) => join(import.meta.dirname, name)

describe('opening a store', () => {
  it('is refused while another controller has the folder, and says which process', async () => {
    const place = folder()
    const holder = spawn(process.execPath, ['--expose-gc', script('hold-store.ts'), place], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    expect(() => openStore(place)).toThrow(
      expect.objectContaining({ code: 'locked', message: expect.stringContaining(`(process ${holder.pid})`) }),
    )
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    openStore(place).close()
  })

  it('is refused twice in one process too', () => {
    const place = folder()
    const store = openStore(place)
    expect(() => openStore(place)).toThrow(expect.objectContaining({ code: 'locked' }))
    store.close()
    openStore(place).close()
  })

  it('is refused where the database is older than what was acknowledged', async () => {
    const place = folder()
    const store = openStore(place)
    await store.append(newRun('r1'))
    store.close()
    const copy = folder()
    copyFileSync(join(place, 'control.sqlite'), join(copy, 'control.sqlite'))
    const later = openStore(place)
    await later.append(newRun('r2'))
    later.close()

    for (const name of readdirSync(place).filter((file) => file.startsWith('control.'))) rmSync(join(place, name))
    copyFileSync(join(copy, 'control.sqlite'), join(place, 'control.sqlite'))
    expect(() => openStore(place)).toThrow(expect.objectContaining({ code: 'rolled-back' }))
    rmSync(join(place, 'high-water-mark'))
    const knowingly = openStore(place)
    expect(knowingly.unfinishedRuns()).toEqual(['r1'])
    knowingly.close()
  })

  it('is refused where a newer version wrote it', () => {
    const place = folder()
    openStore(place).close()
    const database = new DatabaseSync(join(place, 'control.sqlite'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(() => openStore(place)).toThrow(expect.objectContaining({ code: 'too-new' }))
  })

  it('leaves no lock behind where it is refused', () => {
    const place = folder()
    writeFileSync(join(place, 'control.sqlite'), 'this is no database'.repeat(100))
    expect(() => openStore(place)).toThrow(/not a database/)
    rmSync(join(place, 'control.sqlite'))
    openStore(place).close()
  })
})

describe('a disk that takes no more', () => {
  it('turns the store red and read-only; after a restart with space everything acknowledged is there', async () => {
    const place = folder()
    // A limit on file sizes stands for the full disk: it needs no rights, and SQLite meets the same failing write.
    const limited = ['-c', 'ulimit -f 4096; exec "$0" "$@"', process.execPath, script('fill-store.ts'), place]
    const { stdout, status } = spawnSync('sh', limited, { encoding: 'utf8' })
    expect(status).toBe(0)
    const told = JSON.parse(stdout) as {
      acknowledged: string[]
      health: string
      code: string
      later: string
      read: number
    }
    expect(told).toMatchObject({ health: 'red', code: 'read-only', later: 'read-only', read: told.acknowledged.length })
    expect(told.acknowledged.length).toBeGreaterThan(10)
    const store = openStore(place)
    expect(store.unfinishedRuns()).toEqual(expect.arrayContaining(told.acknowledged))
    expect(await store.append(newRun('with space again'))).toMatchObject({ kind: 'appended' })
    store.close()
  })
})

describe('a log that was damaged', () => {
  it.each([
    ['flipped in the middle', (wal: Buffer) => void (wal[wal.length >> 1] = (wal[wal.length >> 1] as number) ^ 1)],
    [
      'flipped in the last frame',
      (wal: Buffer) => void (wal[wal.length - 100] = (wal[wal.length - 100] as number) ^ 1),
    ],
    ['overwritten in its head', (wal: Buffer) => void wal.fill(0, 0, 64)],
  ])('%s is noticed, and nothing is acknowledged', async (_what, damage) => {
    const crashed = await afterCrash()
    const file = join(crashed, 'control.sqlite-wal')
    const wal = readFileSync(file)
    damage(wal)
    writeFileSync(file, wal)
    expect(() => openStore(crashed)).toThrow(
      expect.objectContaining({
        code: 'rolled-back',
        message: expect.stringMatching(/acknowledged.*Delete .*high-water-mark/),
      }),
    )
  })

  it('is noticed where its end is missing; going on knowingly keeps what is left', async () => {
    const crashed = await afterCrash()
    const file = join(crashed, 'control.sqlite-wal')
    truncateSync(file, statSync(file).size - 50)
    expect(() => openStore(crashed)).toThrow(expect.objectContaining({ code: 'rolled-back' }))
    rmSync(join(crashed, 'high-water-mark'))
    const store = openStore(crashed)
    expect(store.unfinishedRuns()).toEqual(Array.from({ length: 19 }, (_, index) => `r${index}`))
    store.close()
  })

  it('loses nothing where only the process died', async () => {
    const store = openStore(await afterCrash())
    expect(store.unfinishedRuns()).toHaveLength(20)
    store.close()
  })
})

/** The files as a killed process leaves them: twenty acknowledged runs, all still in the log. */
async function afterCrash(): Promise<string> {
  const [place, crashed] = [folder(), folder()]
  const store = openStore(place)
  for (let index = 0; index < 20; index++) await store.append(newRun(`r${index}`))
  for (const name of readdirSync(place)) copyFileSync(join(place, name), join(crashed, name))
  store.close()
  return crashed
}

describe('parameters', () => {
  it.each([
    ['a Date', new Date(0)],
    ['an object', { a: 1 }],
    ['a boolean', true],
    ['undefined', undefined],
  ])('%s is refused', (_name, value) => {
    const database = new DatabaseSync(':memory:')
    expect(() => prepare(database, 'SELECT ?').get(value as never)).toThrow(
      expect.objectContaining({ code: 'bad-value' }),
    )
    database.close()
  })
})
