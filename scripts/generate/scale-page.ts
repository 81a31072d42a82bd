import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Medians of one `npm run bench -- fleet --tenants A,B,C --chart`, as they stand in docs/explanation/scale.json. */
interface Scale {
  readonly commit: string
  readonly cores: number
  readonly node: string
  readonly git: string
  readonly runs: number
  readonly fleets: readonly Fleet[]
}

interface Fleet {
  readonly tenants: number
  /** By name of the figure. */
  readonly medians: Readonly<Record<string, number>>
}

interface Line {
  readonly label: string
  /** Name of the figure in the report. */
  readonly figure: string
  readonly color: string
}

const times: readonly Line[] = [
  { label: 'cold', figure: 'cold load', color: '#c0392b' },
  { label: 'cold, known before', figure: 'cold load with the caches', color: '#e67e22' },
  { label: 'one template', figure: 'change: promotion', color: '#2471a3' },
  { label: 'one tag', figure: 'change: tag', color: '#7d3c98' },
  { label: 'one overlay', figure: 'change: leafOverlay', color: '#1e8449' },
]
const memory: readonly Line[] = [{ label: 'over bare Node', figure: 'peak memory over bare node', color: '#2c3e50' }]

interface Panel {
  readonly title: string
  readonly unit: string
  readonly lines: readonly Line[]
}

const panels: readonly Panel[] = [
  { title: 'Time until the new desired state stands', unit: 'ms', lines: times },
  { title: 'Peak memory of a cold load', unit: 'MB', lines: memory },
]

const [width, height] = [520, 300]
const margin = { left: 64, right: 150, top: 40, bottom: 44 }
/** Between two labels, one below the other. */
const labelStep = 13

/** The page about growth and its chart: by path of the file, both from the figures that were measured last. */
export function toScalePage(root: string): readonly (readonly [string, string])[] {
  const scale = JSON.parse(readFileSync(join(root, 'docs/explanation/scale.json'), 'utf8')) as Scale
  return [
    ['docs/explanation/scale.svg', chartOf(scale)],
    ['docs/explanation/scale.md', pageOf(scale)],
  ]
}

/** Both panels, on logarithmic axes. */
function chartOf({ fleets }: Scale): string {
  const drawn = panels.map(
    (panel, at) => `<g transform="translate(${at * width},0)">\n${drawPanel(panel, fleets)}\n</g>`,
  )
  const size = `width="${width * panels.length}" height="${height}" viewBox="0 0 ${width * panels.length} ${height}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...drawn,
    '</svg>',
    '',
  ].join('\n')
}

function pageOf({ commit, cores, node, git, runs, fleets }: Scale): string {
  const columns = panels.flatMap(({ lines, unit }) => lines.map((line) => ({ ...line, unit })))
  const head = ['tenants', ...columns.map(({ label, unit }) => `${label}, ${unit}`)]
  const rows = fleets.map(({ tenants, medians }) => [
    tenants.toLocaleString('en-US'),
    ...columns.map(({ figure }) => shown(medians[figure])),
  ])
  const table = [head, head.map(() => '--:'), ...rows].map((row) => `| ${row.join(' | ')} |`)
  return `# How it grows

What a change costs follows from what it reaches, not from how many tenants there are. The lines show the time from a
commit to the digests of all tenants, and the memory it takes. Both axes are logarithmic: a line that stays flat costs
the same in a larger fleet.

![Time and memory by number of tenants](scale.svg)

${table.join('\n')}

* **cold**: a new process reads, parses, checks and resolves every file.
* **cold, known before**: the same with the caches of an earlier start: no file is parsed again, and a tenant whose files are as they were is not computed again.
* **one template**: a release is promoted to nearly all tenants.
* **one tag**, **one overlay**: a file changes that few tenants, or one, depend on.

Medians of ${runs} runs on ${cores} cores, Node ${node}, git ${git}, at commit \`${commit.slice(0, 12)}\`. The fleets are generated, with customised
workflows in four of ten tenants. To measure again:

\`\`\`sh
npm run bench -- fleet --tenants 1000,10000,50000 --runs 3 --chart
npm run generate
\`\`\`

The first command writes \`scale.json\`, the second this page and its chart.
`
}

function drawPanel({ title, unit, lines }: Panel, fleets: readonly Fleet[]): string {
  const series = lines.map((line) => ({ line, points: pointsOf(line, fleets) }))
  const values = series.flatMap(({ points }) => points.map(({ value }) => value))
  const [low, high] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))]
  const sizes = fleets.map(({ tenants }) => tenants)
  const x = scale(Math.log10(Math.min(...sizes)), Math.log10(Math.max(...sizes)), margin.left, width - margin.right)
  const y = scale(low, high, height - margin.bottom, margin.top)
  const parts = [`<text x="${margin.left}" y="20" font-size="13">${title}, ${unit}</text>`]
  for (let power = low; power <= high; power++) {
    const at = round(y(power))
    parts.push(
      `<line x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}" stroke="#dddddd"/>`,
      `<text x="${margin.left - 6}" y="${round(at + 4)}" text-anchor="end">${(10 ** power).toLocaleString('en-US')}</text>`,
    )
  }
  for (const size of sizes)
    parts.push(
      `<text x="${round(x(Math.log10(size)))}" y="${height - margin.bottom + 16}" text-anchor="middle">${size.toLocaleString('en-US')}</text>`,
    )
  parts.push(`<text x="${width / 2}" y="${height - 10}" text-anchor="middle">tenants</text>`)
  const drawn = series.map(({ line, points }) => ({
    line,
    places: points.map(({ tenants, value }) => [round(x(Math.log10(tenants))), round(y(Math.log10(value)))] as const),
  }))
  for (const { line, places } of drawn) {
    parts.push(
      `<polyline fill="none" stroke="${line.color}" stroke-width="2" points="${places.map((place) => place.join(',')).join(' ')}"/>`,
    )
    for (const [px, py] of places) parts.push(`<circle cx="${px}" cy="${py}" r="3" fill="${line.color}"/>`)
  }
  // Behind the last point of each line, and never one over another.
  let free = Number.NEGATIVE_INFINITY
  for (const { line, places } of drawn.toSorted((a, b) => (a.places.at(-1)?.[1] ?? 0) - (b.places.at(-1)?.[1] ?? 0))) {
    const [px, py] = places.at(-1) ?? [margin.left, margin.top]
    free = Math.max(py + 4, free + labelStep)
    parts.push(`<text x="${px + 8}" y="${round(free)}" fill="${line.color}">${line.label}</text>`)
  }
  return parts.join('\n')
}

interface Point {
  readonly tenants: number
  readonly value: number
}

function pointsOf({ figure }: Line, fleets: readonly Fleet[]): Point[] {
  return fleets.flatMap(({ tenants, medians }) => {
    const value = medians[figure]
    return value === undefined ? [] : [{ tenants, value }]
  })
}

function scale(from: number, to: number, start: number, end: number): (value: number) => number {
  return (value) => start + ((value - from) / (to - from || 1)) * (end - start)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function shown(value: number | undefined): string {
  if (value === undefined) return ''
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1)
}
