import { enableCompileCache } from 'node:module'
import { codeCache } from './config.ts'

// Before anything else is loaded.
enableCompileCache(codeCache)
await import('./command-line.ts')
