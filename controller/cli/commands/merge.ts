import { isRefusal, type MergedFiles, mergeFiles } from '../../core/authoring/index.ts'
import { type Conflict, formatPath } from '../../core/merge/index.ts'
import { type KindName, kindNames } from '../../core/model/generated/kinds.ts'
import { problem } from '../../core/model/problems.ts'
import { suggestName } from '../../core/model/suggest-name.ts'
import { showSafely } from '../../core/model/terminal-text.ts'
import type { Json } from '../../core/model/values.ts'
import { type Call, type Command, CommandError, type ExitCode, text } from '../command.ts'
import { count } from '../output.ts'
import { readGiven } from '../read-given.ts'

export const merge: Command = {
  name: 'merge',
  summary: 'three-way merge of three files of one kind, printed with the comments of ours; exit 1 on conflicts',
  options: [
    ['--base <file>', 'what both sides started from'],
    ['--ours <file>', 'the side whose text is kept'],
    ['--theirs <file>', 'the side whose changes come in'],
    ['--kind <kind>', 'what the files must be, such as Workflow (default: what ours is)'],
    ['--take <side>', '`ours` or `theirs` where both changed the same'],
  ],
  examples: [
    'headwater merge --base 1.1.0.yaml --ours mine.yaml --theirs 2.0.0.yaml > merged.yaml',
    'headwater merge --base 1.1.0.yaml --ours mine.yaml --theirs 2.0.0.yaml --take ours',
    'headwater merge --base 1.1.0.yaml --ours mine.yaml --theirs 2.0.0.yaml --kind Workflow -o json',
  ],
  run: async (call) => {
    const [base, ours, theirs] = ['base', 'ours', 'theirs'].map((side) => given(call, side)) as [Given, Given, Given]
    const [kind, take] = [kindOf(call), sideOf(call)]
    const merged = mergeFiles({ base, ours, theirs }, { ...(kind && { kind }), ...(take && { take }) })
    if (isRefusal(merged)) throw new CommandError(merged.problem, 1)
    return show(call, merged)
  },
}

interface Given {
  readonly file: string
  readonly text: string
}

function given(call: Call, side: string): Given {
  const file = text(call, side)
  if (file === undefined)
    throw new CommandError(
      problem('missing-field', `--${side} is missing`, { hint: 'give --base, --ours and --theirs' }),
      2,
    )
  return { file, text: readGiven(call, file) }
}

function kindOf(call: Call): KindName | undefined {
  const named = text(call, 'kind')
  const known = kindNames.find((kind) => kind === named)
  if (named === undefined || known) return known
  const near = suggestName(named, kindNames)
  const hint = near === undefined ? `the kinds are ${kindNames.join(', ')}` : `did you mean \`${near}\`?`
  throw new CommandError(problem('unknown-kind', `there is no kind \`${named}\``, { hint }), 2)
}

function sideOf(call: Call): 'ours' | 'theirs' | undefined {
  const take = text(call, 'take')
  if (take === undefined || take === 'ours' || take === 'theirs') return take
  throw new CommandError(problem('wrong-value', `--take is \`ours\` or \`theirs\`, not \`${take}\``), 2)
}

function show({ out }: Call, merged: Exclude<MergedFiles, { kind: 'refused' }>): ExitCode {
  const notices = merged.notices.map(({ code, path }) => ({ code, path: formatPath(path) }))
  const conflicts = merged.kind === 'conflicted' ? merged.conflicts.map(toJson) : []
  if (out.isJson) out.json({ kind: merged.kind, text: merged.text, conflicts, notices })
  else if (merged.kind === 'merged') {
    out.line(merged.text.replace(/\n$/, ''))
    for (const { code, path } of notices) out.remark(`${code} ${showSafely(path)}`)
  } else {
    for (const conflict of conflicts) {
      out.line(`${out.style('red', conflict.type)} ${out.style('bold', showSafely(conflict.path))}`)
      for (const side of ['base', 'ours', 'theirs'] as const) out.line(`  ${side.padEnd(6)}  ${brief(conflict[side])}`)
    }
    out.remark(`${count(conflicts.length, 'conflict')}: decide all with --take ours or --take theirs, or edit ours`)
  }
  return merged.kind === 'merged' ? 0 : 1
}

/** A side that has nothing there is left out. */
function toJson({ path, type, base, ours, theirs, resolutions }: Conflict) {
  return {
    path: formatPath(path),
    type,
    ...(base !== undefined && { base }),
    ...(ours !== undefined && { ours }),
    ...(theirs !== undefined && { theirs }),
    resolutions,
  }
}

function brief(value: Json | undefined): string {
  if (value === undefined) return '(nothing)'
  const shown = showSafely(JSON.stringify(value))
  return shown.length > 200 ? `${shown.slice(0, 197)}…` : shown
}
