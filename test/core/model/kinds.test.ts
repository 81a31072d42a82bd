import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { kindNames } from '../../../controller/core/model/generated/kinds.ts'

interface Node {
  readonly type?: string
  readonly description?: string
  readonly properties?: Record<string, Node>
  readonly items?: Node
  readonly additionalProperties?: Node
  readonly required?: string[]
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: string[]
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
}

const folder = join(import.meta.dirname, '../../../crds')
const kinds = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => [name, parse(readFileSync(join(folder, name), 'utf8'))] as const)

test('there is a file for each kind', () => {
  expect(new Set(kinds.map(([, { spec }]) => spec.names.kind))).toEqual(new Set(kindNames))
})

describe.each(kinds)('%s', (_, crd) => {
  const root = crd.spec.versions[0].schema.openAPIV3Schema as Node

  test('is a CustomResourceDefinition that Kubernetes would take', () => {
    expect([crd.apiVersion, crd.kind]).toEqual(['apiextensions.k8s.io/v1', 'CustomResourceDefinition'])
    expect(crd.metadata.name).toBe(`${crd.spec.names.plural}.${crd.spec.group}`)
    expect(crd.spec.versions).toMatchObject([{ name: 'v1', served: true, storage: true }])
  })

  test('describes every field, types every node, and says how every list merges', () => {
    const faults = [...nodesOf(root, '')].flatMap(([path, node, isField]) => [
      ...(isField && !node.description ? [`${path} has no description`] : []),
      ...(!node.type && !node['x-kubernetes-preserve-unknown-fields'] ? [`${path} has no type`] : []),
      ...(node.type === 'array' && !node['x-kubernetes-list-type'] ? [`${path} says not how it merges`] : []),
      ...(node['x-kubernetes-list-map-keys'] ?? [])
        .filter((key) => !node.items?.required?.includes(key))
        .map((key) => `${path}: the key ${key} is not required`),
    ])
    expect(faults).toEqual([])
  })
})

function* nodesOf(node: Node, path: string, isField = false): Generator<[string, Node, boolean]> {
  yield [path, node, isField]
  for (const [name, child] of Object.entries(node.properties ?? {})) yield* nodesOf(child, `${path}/${name}`, true)
  if (node.items) yield* nodesOf(node.items, `${path}[]`)
  if (node.additionalProperties) yield* nodesOf(node.additionalProperties, `${path}.*`)
}
