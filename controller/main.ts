import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Before anything else is loaded: with its code compiled already a command starts in half the time.
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'headwater'))
await import('./command-line.ts')
