import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../../controller/io/store/open-store.ts'

const delivery = (id: string) => ({ tenantUid: 't-1', id, at: 1 })

test('a log that was filled is written over: it does not grow with what is written, and nothing written before is lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-log-'))
  const log = (): number => statSync(join(folder, 'control.sqlite-wal')).size
  try {
    const before = openStore(folder)
    await before.recordDelivery(delivery('before'))
    before.close()
    const store = openStore(folder, { fillsLog: true })
    const filled = log()
    expect(filled).toBeGreaterThan(16 * 1024 * 1024)
    for (let at = 0; at < 50; at++) await store.recordDelivery(delivery(`at-${at}`))
    expect(log()).toBe(filled)
    expect([store.isDelivered('t-1', 'before'), store.isDelivered('t-1', 'at-49')]).toEqual([true, true])
    store.close()
    const after = openStore(folder)
    expect([after.isDelivered('t-1', 'before'), after.isDelivered('t-1', 'at-49')]).toEqual([true, true])
    after.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
