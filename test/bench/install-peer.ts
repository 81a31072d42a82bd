import { execFileSync } from 'node:child_process'

/** Installs packages that are measured next to ours into a folder of their own. False where npm does not give them. */
export function installPeer(folder: string, packages: readonly string[]): boolean {
  const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', ...packages]
  try {
    execFileSync('npm', args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
