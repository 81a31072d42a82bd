import { spawn } from 'node:child_process'
import { timed } from './harness.ts'

/** L_read: every blob of a commit in memory, by `ls-tree -r -z` and one `cat-file --batch --buffer`, and nothing else. */
export async function readAllBlobs(gitdir: string, revision: string): Promise<Map<string, Uint8Array>> {
  const listing = (await outputOf(gitdir, ['ls-tree', '-r', '-z', revision])).toString()
  const oids = new Set<string>()
  for (const row of listing.split('\0')) if (row !== '') oids.add(row.slice(12, 52))
  const output = await outputOf(gitdir, ['cat-file', '--batch', '--buffer'], `${[...oids].join('\n')}\n`)
  const blobs = new Map<string, Uint8Array>()
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at)
    const [oid, , size] = output.toString('latin1', at, end).split(' ')
    const from = end + 1
    blobs.set(oid ?? '', output.subarray(from, from + Number(size)))
    at = from + Number(size) + 1
  }
  return blobs
}

function outputOf(gitdir: string, args: readonly string[], input?: string): Promise<Buffer> {
  // A child without questions may have ended before an empty input is written: that would be an EPIPE.
  const child = spawn('git', [...args], {
    cwd: gitdir,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'inherit'],
  })
  child.stdin?.end(input)
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(`git ${args[0]}: ${code}`)),
    )
  })
}

if (import.meta.main) {
  const [gitdir, revision] = process.argv.slice(2)
  const { result, ms } = await timed(() => readAllBlobs(gitdir ?? '', revision ?? ''))
  console.log(JSON.stringify({ ms, blobs: result.size }))
}
