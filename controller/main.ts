import { enableCompileCache } from 'node:module'
import { codeCache } from './config.ts'
import { spawnHostAhead } from './io/backend/spawn-host.ts'

// Before anything else is loaded.
enableCompileCache(codeCache)
if (process.argv[2] === 'up') spawnHostAhead()
await import('./command-line.ts')
