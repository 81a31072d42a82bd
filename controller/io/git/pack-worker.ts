import { workerData } from 'node:worker_threads'
import { objectsOf, type PackTask, writePack } from './pack-writer.ts'

const task = workerData as PackTask
await writePack(task.gitdir, objectsOf(task))
