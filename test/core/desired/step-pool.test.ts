import { expect, test } from 'vitest'
import type { WorkflowDocument } from '../../../controller/core/desired/render.ts'
import { StepPool } from '../../../controller/core/desired/step-pool.ts'
import { type Json, toValue } from '../../../controller/core/model/values.ts'

const documentOf = (spec: unknown) => toValue({ spec }) as WorkflowDocument
const stepsOf = ({ spec }: WorkflowDocument) => spec['steps'] as readonly Json[]

const release = () => ({
  triggers: [{ id: 'alert', type: 'webhook' }],
  steps: [
    { id: 'lookup', action: 'get_user', retry: { attempts: 3 } },
    { id: 'tell', notify: { title: 'seen' } },
  ],
})

test('what two workflows say alike is one object, and what they say is as it was', () => {
  const pool = new StepPool()
  const first = pool.intern(documentOf(release()))
  const changed = documentOf({
    ...release(),
    minutesSaved: 5,
    steps: [release().steps[0], { id: 'own', set: { a: 1 } }],
  })
  const second = pool.intern(changed)
  expect(second).toEqual(changed)
  expect(stepsOf(second)[0]).toBe(stepsOf(first)[0])
  expect(second.spec['triggers']).toBe(first.spec['triggers'])
  expect(stepsOf(second)[1]).toBe(stepsOf(changed)[1])
})

test('a workflow that says nothing another has said stays the object that it is, as does one of the pool', () => {
  const pool = new StepPool()
  const document = documentOf(release())
  expect(pool.intern(document)).toBe(document)
  expect(pool.intern(document)).toBe(document)
})

test('the order of keys is kept: it is that of the rendered files', () => {
  const pool = new StepPool()
  pool.intern(documentOf({ steps: [{ id: 'a', set: { x: 1, y: 2 } }] }))
  const turned = pool.intern(documentOf({ steps: [{ set: { y: 2, x: 1 }, id: 'a' }] }))
  expect(JSON.stringify(turned)).toBe('{"spec":{"steps":[{"set":{"y":2,"x":1},"id":"a"}]}}')
})
