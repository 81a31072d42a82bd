import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ControllerProcess, copyStarterFleet, root, temporaryFolder } from './controller-process.ts'

/**
 * Every `console` block of the documentation runs here, top to bottom, in a fresh checkout of the starter fleet. A line
 * that starts with `$ ` is a command, what follows is what it must print; `…` stands for anything, on a line of its own
 * for any number of lines.
 */
const pages = [join(root, 'README.md'), ...markdownBelow(join(root, 'docs'))]
const withCommands = pages.filter((page) => blocksOf(page).length > 0)

describe('the commands of the documentation do what it says', () => {
  test.each(withCommands.map((page) => [relative(root, page), page] as const))(
    '%s',
    async (_, page) => {
      using folder = temporaryFolder()
      prepareCheckout(folder.path)
      const background: ControllerProcess[] = []
      try {
        for (const { command, expected } of blocksOf(page)) {
          if (command.endsWith('&')) {
            // The port of the documentation may be taken by somebody's own controller.
            const args = command.slice('bin/headwater '.length, -1).trim().split(' ')
            const controller = new ControllerProcess([...args, '--port', '0', '--repo', folder.path])
            background.push(controller)
            await controller.printed(/listening/)
            continue
          }
          const { stdout, stderr, status } = spawnSync('bash', ['-c', command], {
            cwd: folder.path,
            encoding: 'utf8',
            env: { ...process.env, NO_COLOR: '1' },
          })
          const printed = `${stdout}${stderr}`.trimEnd()
          if (expected.length > 0 && !isExpected(printed.split('\n'), expected)) {
            expect(printed, `$ ${command} (exit ${status})`).toBe(expected.join('\n'))
          }
        }
      } finally {
        for (const controller of background) await controller.kill('SIGTERM')
      }
    },
    240_000,
  )
})

test('every link inside the documentation leads somewhere', () => {
  const broken = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target as string)
      .filter((target) => !existsSync(join(dirname(page), target)))
      .map((target) => `${relative(root, page)} → ${target}`),
  )
  expect(broken).toEqual([])
})

interface Step {
  readonly command: string
  readonly expected: readonly string[]
}

function blocksOf(page: string): Step[] {
  const steps: Step[] = []
  for (const [, block] of readFileSync(page, 'utf8').matchAll(/^```console\n([^]*?)^```$/gm)) {
    let current: { command: string; expected: string[]; until?: string } | undefined
    for (const line of (block as string).trimEnd().split('\n')) {
      if (current?.until !== undefined) {
        current.command += `\n${line}`
        if (line === current.until) delete current.until
      } else if (line.startsWith('$ ')) {
        const until = /<<'?(\w+)'?/.exec(line)?.[1]
        current = { command: line.slice(2), expected: [], ...(until !== undefined && { until }) }
        steps.push(current)
      } else current?.expected.push(line)
    }
  }
  return steps
}

/** Whether the lines are what is expected: `…` in a line is any text, on a line of its own any number of lines. */
function isExpected(lines: readonly string[], expected: readonly string[]): boolean {
  // reach[i]: the first i lines can be what was expected so far.
  let reach = [true, ...lines.map(() => false)]
  for (const line of expected) {
    if (line === '…') {
      const first = reach.indexOf(true)
      reach = reach.map((_, index) => first >= 0 && index >= first)
    } else {
      const pattern = new RegExp(`^${RegExp.escape(line.trimEnd()).replaceAll('…', '.*')}$`)
      reach = reach.map(
        (_, index) => index > 0 && reach[index - 1] === true && pattern.test((lines[index - 1] as string).trimEnd()),
      )
    }
  }
  return reach[lines.length] === true
}

function prepareCheckout(folder: string): void {
  copyStarterFleet(folder)
  mkdirSync(join(folder, 'bin'))
  symlinkSync(join(root, 'bin', 'headwater'), join(folder, 'bin', 'headwater'))
  writeFileSync(join(folder, '.gitignore'), '.headwater/\nbin/\n')
  const git =
    'git init -qb main && git config user.email you@example.invalid && git config user.name You && git add -A && git commit -qm "The starter fleet"'
  const { status, stderr } = spawnSync('bash', ['-c', git], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

function markdownBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
    .sort()
}
