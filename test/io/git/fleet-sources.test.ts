import { openFleet } from '../../../controller/io/git/index.ts'
import { fleetSourceConformance } from '../../conformance/fleet-source.ts'
import { commitAll, git } from './repositories.ts'

function startRepository(root: string): void {
  git(root, ['init', '-q', '-b', 'main'])
  commitAll(root)
}

fleetSourceConformance('a commit read by the git binary', async (root) => {
  startRepository(root)
  return { source: await openFleet({ path: root, revision: 'main' }), publish: () => void commitAll(root) }
})

fleetSourceConformance('a commit read by isomorphic-git', async (root) => {
  startRepository(root)
  return { source: await openFleet({ path: root, revision: 'main', git: null }), publish: () => void commitAll(root) }
})

fleetSourceConformance('a work tree', async (root) => {
  startRepository(root)
  return { source: await openFleet({ path: root }), publish: () => {} }
})

fleetSourceConformance('a work tree without git installed', async (root) => {
  startRepository(root)
  return { source: await openFleet({ path: root, git: null }), publish: () => {} }
})

fleetSourceConformance('a folder without git', async (root) => ({
  source: await openFleet({ path: root }),
  publish: () => {},
}))
