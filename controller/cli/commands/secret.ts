import { join, resolve } from 'node:path'
import { stateFolder } from '../../config.ts'
import type { Authored } from '../../core/authoring/index.ts'
import { secretsFile } from '../../core/desired/layout.ts'
import { isName } from '../../core/model/names.ts'
import { problem } from '../../core/model/problems.ts'
import { readPlainFile } from '../../io/git/read-plain-file.ts'
import { type AgeKey, openAgeKey, readSopsFile, recipientsFor, rulesFile, setSecret } from '../../io/secrets/index.ts'
import { applyEdits, authoringOptions } from '../apply-edits.ts'
import { type Call, type Command, CommandError, text } from '../command.ts'
import { offlineOptions, unknownTenant, withFleet } from '../open-fleet.ts'

const stateOption = ['--state <dir>', 'state folder with the age key (default: .headwater in the fleet)'] as const

/** A secret is no longer than this; what is piped in by mistake is. */
const longestSecret = 64 * 1024

export const secretSet: Command = {
  name: 'secret set',
  summary: 'encrypts a secret into the secrets file of a tenant; the value comes from standard input',
  args: [
    ['<tenant>', 'the tenant whose connections use it; those below inherit them'],
    ['<name>', 'what a connection calls it under `secret`'],
  ],
  options: [
    ...authoringOptions.filter(([flags]) => flags !== '--pull-request' && flags !== stateOption[0]),
    stateOption,
  ],
  examples: [
    'headwater secret set acme/north okta-api-token < token.txt',
    'pass show okta | headwater secret set acme/north okta-api-token --commit',
  ],
  run: async (call) => {
    const [tenant, name] = call.args as [string, string]
    if (!isName(name)) throw new CommandError(problem('bad-name', `\`${name}\` cannot be the name of a secret`), 2)
    const value = await readValue(call)
    const repo = resolve(call.config.folder, text(call, 'repo') ?? '.')
    const file = secretsFile(tenant)
    const before = readPlainFile(join(repo, file)) ?? undefined
    const key = await keyOf(call, repo)
    const now = `${new Date().toISOString().slice(0, 19)}Z`
    const recipients = recipientsOf(repo, file, before, key)
    const after = await setSecret({ file, before, name, value, recipients, identities: key.identities, now })
    return applyEdits(call, {
      key: `secret/${tenant}/${name}`,
      author: (state, textOf): Authored => {
        if (!state.tenants.has(tenant)) return { kind: 'refused', problem: unknownTenant(state, tenant) }
        if (before !== undefined && textOf(file) !== Buffer.from(before).toString('utf8'))
          return { kind: 'refused', problem: problem('repository-unreadable', `${file} changed while it was edited`) }
        const summary = [`Set the secret ${name} of ${tenant}`, `${recipients.join(', ')} can read it`]
        return { kind: 'edits', edits: new Map([[file, after]]), summary }
      },
    })
  },
}

export const secretList: Command = {
  name: 'secret list',
  summary: 'names of the secrets in the secrets file of a tenant, and who can read them; never values',
  args: [['<tenant>', 'path of the tenant']],
  options: offlineOptions,
  examples: ['headwater secret list acme/north', 'headwater secret list acme/north -o json'],
  run: (call) =>
    withFleet(call, async ({ desired, textOf }) => {
      const [tenant] = call.args as [string]
      if (!desired.tenants.has(tenant)) throw new CommandError(unknownTenant(desired, tenant), 1)
      const file = secretsFile(tenant)
      const found = await textOf(file)
      const read = found === undefined ? undefined : readSopsFile(file, Buffer.from(found))
      const recipients = read?.keys.map(({ recipient }) => recipient) ?? []
      const names = read?.names ?? []
      if (call.out.isJson) call.out.json({ tenant, file, names, recipients, lastModified: read?.lastModified ?? null })
      else {
        for (const name of names) call.out.line(name)
        call.out.remark(read === undefined ? `there is no ${file}` : `${file}, for ${recipients.join(', ')}`)
      }
      return 0
    }),
}

export const secretRecipient: Command = {
  name: 'secret recipient',
  summary: 'the age recipient to encrypt secrets for, so that the controller with this state folder can read them',
  options: [offlineOptions[0], stateOption],
  examples: ['headwater secret recipient', 'headwater secret recipient --state /var/lib/headwater'],
  run: async (call) => {
    const { recipients } = await keyOf(call, resolve(call.config.folder, text(call, 'repo') ?? '.'))
    if (call.out.isJson) call.out.json({ recipients })
    else for (const recipient of recipients) call.out.line(recipient)
    return 0
  },
}

function keyOf({ config, options }: Call, repo: string): Promise<AgeKey> {
  const { state } = options
  return openAgeKey(
    stateFolder(repo, typeof state === 'string' ? resolve(config.folder, state) : undefined),
    config.ageKeyFile,
  )
}

/** The fleet's rules say for whom; where there are none it stays with those who can read the file; a first file is for us. */
function recipientsOf(repo: string, file: string, before: Uint8Array | undefined, own: AgeKey): readonly string[] {
  const rules = readPlainFile(join(repo, rulesFile))
  const ruled = rules === null ? undefined : recipientsFor(file, rules)
  const present = before && readSopsFile(file, before).keys.map(({ recipient }) => recipient)
  return ruled ?? present ?? own.recipients
}

/** From standard input and nowhere else: arguments are read by every process of the machine. The last line break is not part of it. */
async function readValue({ out }: Call): Promise<string> {
  if (process.stdin.isTTY) out.remark('type the value, then Enter and Ctrl-D')
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const value = bytes.toString('utf8').replace(/\r?\n$/, '')
  if (value === '') throw new CommandError(problem('missing-field', 'nothing came from standard input'), 2)
  if (bytes.length > longestSecret || !Buffer.from(bytes.toString('utf8')).equals(bytes))
    throw new CommandError(problem('wrong-value', 'what came from standard input is no short text'), 2)
  return value
}
