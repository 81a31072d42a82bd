import { expect, test } from 'vitest'
import { isCrowded, newMemory } from '../../../controller/core/desired/memory.ts'
import type { Rendering } from '../../../controller/core/desired/render.ts'

test('renderings are kept by the size of the fleet, whether its tenants are remembered or were all patched', () => {
  const rendering = { kind: 'rendered', document: { spec: {} }, notices: [] } satisfies Rendering
  const memory = newMemory()
  for (let at = 0; at < 60_000; at++) memory.renderings.set(`chain-${at}`, rendering)
  expect(isCrowded(memory, 100)).toBe(true)
  expect(isCrowded(memory, 10_000)).toBe(false)
  expect(newMemory(memory, 10_000).renderings.size).toBe(60_000)
  expect(newMemory(memory, 100).renderings.size).toBe(0)
})
