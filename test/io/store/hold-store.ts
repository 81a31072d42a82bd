import { openStore } from '../../../controller/io/store/open-store.ts'

// Holds the store of a folder until it is killed.
openStore(process.argv[2] as string)
globalThis.gc?.()
console.log('open')
process.stdin.resume()
