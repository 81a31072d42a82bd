import { workerData } from 'node:worker_threads'
import { objectsIn } from './new-object.ts'
import { type PackTask, writePack } from './pack-writer.ts'

const { gitdir, rows, bytes } = workerData as PackTask
await writePack(gitdir, objectsIn(bytes, rows))
