import { execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { programPath } from '../../config.ts'
import { fixedSettings, gitEnvironment } from './git-environment.ts'

export interface GitBinary {
  readonly path: string
  /** `[2, 39, 5]` */
  readonly version: readonly [number, number, number]
  /** Below the release that should be spawned on untrusted input: works, and deserves a warning. */
  readonly belowFloor: boolean
  /** The search path its children get. */
  readonly searchPath: string
}

/** `cat-file --batch-command`. */
const oldestUsable: Version = [2, 36, 0]
const floor: Version = [2, 50, 2]
type Version = readonly [number, number, number]

const found = new Map<string, Promise<GitBinary | null>>()

/** The first usable git of a search path (`PATH` unless told); null where there is none or it is too old. */
export function findGit(searchPath: string = programPath()): Promise<GitBinary | null> {
  let answer = found.get(searchPath)
  if (answer === undefined) found.set(searchPath, (answer = probe(searchPath)))
  return answer
}

async function probe(searchPath: string): Promise<GitBinary | null> {
  const path = candidates(searchPath).find(isProgram)
  if (path === undefined) return null
  try {
    const options = { env: gitEnvironment(searchPath), timeout: 10_000 }
    const { stdout } = await promisify(execFile)(path, [...fixedSettings, 'version'], options)
    const [, major, minor, patch] = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(stdout) ?? []
    const version: Version = [Number(major), Number(minor), Number(patch ?? 0)]
    if (!isAtLeast(version, oldestUsable)) return null
    return Object.freeze({ path, version, belowFloor: !isAtLeast(version, floor), searchPath })
  } catch {
    return null
  }
}

function candidates(searchPath: string): string[] {
  const name = process.platform === 'win32' ? 'git.exe' : 'git'
  // Absolute folders only: a `git` in the current folder is the fleet's, not the machine's.
  return searchPath
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function isAtLeast(version: Version, wanted: Version): boolean {
  for (let i = 0; i < 3; i++) {
    const difference = (version[i] as number) - (wanted[i] as number)
    if (difference !== 0) return difference > 0
  }
  return true
}
