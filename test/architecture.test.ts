import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'

/** From left to right: each may import itself and what stands before it. */
const layers = [
  'config.ts',
  'core/model',
  'core/merge',
  'core/desired',
  'core/authoring',
  'core/run',
  'core/access',
  'io',
  'reconcile',
  'triggers',
  'api',
  'cli',
]
const bannedWords = ['manager', 'service', 'helper', 'util', 'utils', 'data', 'info', 'common', 'misc']
/** The product's own algorithms, which may reach 400 lines; nothing may be longer. */
const sizes = { usual: 300, share: 0.9, most: 400 }

const root = join(import.meta.dirname, '..')
const ignored = /(^|\/)(node_modules|\.git|\.setup-lock|dist|coverage|\.headwater[^/]*)(\/|$)/

interface SourceFile {
  readonly path: string
  readonly lines: readonly string[]
}

function filesBelow(folder: string, pattern: RegExp): SourceFile[] {
  return walk(folder)
    .filter((path) => pattern.test(path))
    .sort()
    .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n') }))
}

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (ignored.test(path)) return []
    return entry.isDirectory() ? walk(path) : entry.isFile() ? [path] : []
  })
}

const controller = filesBelow('controller', /\.ts$/)
const written = controller.filter(({ path }) => !path.includes('/generated/'))

interface Import {
  readonly at: string
  readonly from: string
  /** Path in the repository, or the name of a package. */
  readonly to: string
}

const specifier = /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+)(['"])([^'"]+)\1/g

const imports: Import[] = controller.flatMap(({ path, lines }) =>
  lines.flatMap((line, index) =>
    [...line.matchAll(specifier)].map(([, , name]) => {
      const to = name as string
      const isLocal = to.startsWith('.')
      return { at: `${path}:${index + 1}`, from: path, to: isLocal ? posix.join(posix.dirname(path), to) : to }
    }),
  ),
)

/** Position of the layer, or of main.ts and its neighbours, which see all. */
function layerOf(path: string): number {
  const inside = path.slice('controller/'.length)
  const found = layers.findIndex((layer) => inside === layer || inside.startsWith(`${layer}/`))
  return found < 0 && !inside.includes('/') ? layers.length : found
}

const isLocal = ({ to }: Import): boolean => to.startsWith('controller/')

describe('who may import whom', () => {
  test('every file stands in a layer', () => {
    expect(controller.map(({ path }) => path).filter((path) => layerOf(path) < 0)).toEqual([])
    expect(imports.length).toBeGreaterThan(300)
  })

  test(layers.join(' ← '), () => {
    const wrong = imports
      .filter((each) => isLocal(each) && layerOf(each.to) > layerOf(each.from))
      .map(({ at, to }) => `${at} imports ${to}`)
    expect(wrong).toEqual([])
  })

  test('nothing leaves controller/ but packages and package.json', () => {
    const wrong = imports.filter(({ to }) => to.startsWith('..') || /^(test|scripts|console|examples)\//.test(to))
    expect(wrong.map(({ at, to }) => `${at} imports ${to}`)).toEqual([])
  })

  test('the neighbours of io do not know each other', () => {
    const neighbour = (path: string): string | undefined => /^controller\/io\/([^/]+)\//.exec(path)?.[1]
    const wrong = imports.filter(({ from, to }) => {
      const [one, other] = [neighbour(from), neighbour(to)]
      return one !== undefined && other !== undefined && one !== other
    })
    expect(wrong.map(({ at, to }) => `${at} imports ${to}`)).toEqual([])
  })
})

describe('the core is pure', () => {
  const core = written.filter(({ path }) => path.startsWith('controller/core/'))

  test('it imports nothing of Node but hash functions and the arithmetic of paths', () => {
    const allowed =
      /^import \{ (?:(?:createHash|hash|createHmac|hkdfSync|timingSafeEqual)(?:, )?)+ \} from 'node:crypto'$|^import \{ posix \} from 'node:path'$/
    const wrong = core.flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        /['"](node:[^'"]+|fs|path|os|http|https|net|child_process)['"]/.test(line) &&
        /\b(from|import)\b/.test(line) &&
        !allowed.test(line)
          ? [`${path}:${index + 1} ${line.trim()}`]
          : [],
      ),
    )
    expect(wrong).toEqual([])
  })

  test('it knows no clock, no chance, no timer, no process and no network, and waits for nothing', () => {
    const impure =
      /\b(Date\.now|Math\.random|performance\.now|new Date\(\)|set(?:Timeout|Interval|Immediate)\s*\(|queueMicrotask|process\.|fetch\s*\(|console\.|globalThis|randomUUID|randomBytes|await\s|async\s)/
    const wrong = core.flatMap(({ path, lines }) =>
      codeOf(lines).flatMap((line, index) => {
        const found = impure.exec(line)
        return found ? [`${path}:${index + 1} ${found[0].trim()}`] : []
      }),
    )
    expect(wrong).toEqual([])
  })
})

/** The lines without comments and without the contents of strings. */
function codeOf(lines: readonly string[]): string[] {
  let isComment = false
  return lines.map((line) => {
    if (isComment) {
      isComment = !line.includes('*/')
      return ''
    }
    const bare = line
      .replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\$]|\\.|\$(?!\{))*`|\/\*.*?\*\//g, "''")
      .replace(/(^|\s)\/\/.*$/, '')
    if (!bare.includes('/*')) return bare
    isComment = true
    return bare.slice(0, bare.indexOf('/*'))
  })
}

test('the environment is read by config.ts alone', () => {
  const wrong = written
    .filter(({ path }) => path !== 'controller/config.ts')
    .flatMap(({ path, lines }) =>
      codeOf(lines).flatMap((line, index) =>
        /\bprocess\.env\b/.test(line) ? [`${path}:${index + 1} reads process.env`] : [],
      ),
    )
  expect(wrong).toEqual([])
})

describe('files stay small', () => {
  const lengths = written.map(({ path, lines }) => ({ path, length: lines.length - 1 }))

  test(`none is longer than ${sizes.most} lines`, () => {
    expect(lengths.filter(({ length }) => length > sizes.most).map(({ path, length }) => `${path}:${length}`)).toEqual(
      [],
    )
  })

  test(`nine in ten have fewer than ${sizes.usual}`, () => {
    const long = lengths.filter(({ length }) => length >= sizes.usual).map(({ path, length }) => `${path}:${length}`)
    expect(long.length / lengths.length, long.join('\n')).toBeLessThanOrEqual(1 - sizes.share)
  })
})

describe('names', () => {
  const ours = ['controller', 'scripts', 'test'].flatMap((folder) => filesBelow(folder, /\.(ts|js|mjs)$/))

  test(`no file or folder is called after what it is not: ${bannedWords.join(', ')}`, () => {
    const wrong = ours.filter(({ path }) => path.split(/[/.-]/).some((word) => bannedWords.includes(word)))
    expect(wrong.map(({ path }) => `${path}:1`)).toEqual([])
  })

  test('files are called in kebab-case', () => {
    const wrong = ours.filter(({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.(ts|js|mjs)$/.test(basename(path)))
    expect(wrong.map(({ path }) => `${path}:1`)).toEqual([])
  })
})

/** What an alert tells of a customer's machine is no path of ours. */
function isSample(path: string): boolean {
  return path.startsWith('examples/alerts/')
}

test('no path of a machine stands in the tree', () => {
  const machine = /(?<![\w.])\/(?:home|Users|root|work|workspace|mnt)\/[\w.-]+|(?<!\w)[A-Z]:\\+Users\\+\w/
  const texts = filesBelow('.', /\.(ts|js|mjs|json|jsonc|ya?ml|md|sql|sh|txt|html|css)$/).filter(
    ({ path }) => path !== 'package-lock.json' && path !== 'test/architecture.test.ts' && !isSample(path),
  )
  const wrong = texts.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => {
      const found = machine.exec(line)
      return found ? [`${path}:${index + 1} ${found[0]}`] : []
    }),
  )
  expect(wrong).toEqual([])
})
