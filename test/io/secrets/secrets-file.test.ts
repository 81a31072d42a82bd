import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readSopsFile, setSecret } from '../../../controller/io/secrets/index.ts'
import { recipientsFor } from '../../../controller/io/secrets/creation-rules.ts'
import { unlock } from '../../../controller/io/secrets/unlock.ts'

const file = 'tenants/acme/secrets.sops.yaml'
const now = '2026-11-25T12:00:00Z'
const ours = await generateX25519Identity()
const theirs = await generateX25519Identity()
const [us, them] = await Promise.all([ours, theirs].map((identity) => identityToRecipient(identity)))

function set(name: string, value: string, before?: string, recipients = [us as string]): Promise<string> {
  const bytes = before === undefined ? undefined : Buffer.from(before)
  return setSecret({ file, before: bytes, name, value, recipients, identities: [ours], now })
}

const open = async (text: string, identity = ours) => unlock(readSopsFile(file, Buffer.from(text)), [identity])

async function refusalOf(text: string, identity = ours): Promise<string> {
  return open(text, identity).then(
    () => 'opened',
    (error: Error & { code: string }) => `${error.code} ${error.message}`,
  )
}

const one = await set('okta', 'tok:en "1"\n')
const two = await set('splunk', 'hunter2', one)

test('what is set is read again, and the other values stay byte for byte as they were', async () => {
  const opened = await open(two)
  expect(opened.names).toEqual(['okta', 'splunk'])
  expect([opened.valueOf('okta'), opened.valueOf('splunk')]).toEqual(['tok:en "1"\n', 'hunter2'])
  const [before, after] = [parse(one), parse(two)] as { okta: string; sops: { age: unknown } }[]
  expect(after?.okta).toBe(before?.okta)
  expect(after?.sops.age).toEqual(before?.sops.age)
  expect(two).not.toContain('hunter2')
})

test('the text is as SOPS writes it: its own section last, one sealed data key for each recipient', async () => {
  const { sops, ...values } = parse(two) as Record<string, unknown>
  const sealed = /^ENC\[AES256_GCM,data:[\w+/=]+,iv:[\w+/]{43}=,tag:[\w+/]{22}==,type:str\]$/
  expect(Object.values(values)).toEqual([expect.stringMatching(sealed), expect.stringMatching(sealed)])
  expect(sops).toMatchObject({
    age: [{ recipient: us, enc: expect.stringContaining('BEGIN AGE ENCRYPTED FILE') }],
    lastmodified: now,
    mac: expect.stringMatching(sealed),
  })
  expect(Object.keys(parse(two) as object).at(-1)).toBe('sops')
})

test('other recipients get another data key: who left cannot read what is set from then on', async () => {
  const handedOver = await set('okta', 'new', two, [them as string])
  expect(await refusalOf(handedOver)).toContain('age-key-wrong')
  const opened = await open(handedOver, theirs)
  expect([opened.valueOf('okta'), opened.valueOf('splunk')]).toEqual(['new', 'hunter2'])
})

const line = (name: string) => new RegExp(`^${name}: .*\n`, 'm')
const sealedOf = (name: string) => (parse(two) as Record<string, string>)[name] as string

describe('a file that was changed without its key is not opened', () => {
  test.each([
    ['a value is gone', two.replace(line('splunk'), ''), 'secrets-tampered'],
    [
      'two values changed places',
      two.replace(sealedOf('okta'), 'X').replace(sealedOf('splunk'), sealedOf('okta')).replace('X', sealedOf('splunk')),
      'secrets-tampered',
    ],
    ['a value has another name', two.replace('splunk:', 'splunk2:'), 'secrets-tampered'],
    [
      'a value of an earlier version is back',
      two.replace(sealedOf('okta'), (parse(one) as { sops: { mac: string } }).sops.mac),
      'secrets-tampered',
    ],
    ['the tag is cut short', two.replace(/(tag:[\w+/]{6})[\w+/]+==/, '$1=='), 'secrets-tampered'],
    ['the time is another one', two.replace(now, '2026-11-25T12:00:01Z'), 'secrets-tampered'],
    ['a plain value was added', `plain: hunter3\n${two}`, 'secrets-unreadable'],
    ['the MAC is gone', two.replace(/^ {2}mac: .*\n/m, ''), 'secrets-unreadable'],
    ['there is no section of SOPS', 'okta: hunter3\n', 'secrets-unreadable'],
    ['it is no YAML', 'okta: "hunter3', 'secrets-unreadable'],
    [
      'only encrypted values are in the MAC',
      two.replace('sops:\n', 'sops:\n  mac_only_encrypted: true\n'),
      'secrets-unreadable',
    ],
  ])('%s', async (_, text, code) => {
    expect(text).not.toBe(two)
    const refusal = await refusalOf(text)
    expect(refusal).toContain(code)
    expect(refusal).toContain(file)
    expect(refusal).not.toContain('hunter')
  })

  test('the key is another one', async () => {
    const refusal = await refusalOf(two, theirs)
    expect(refusal).toBe(`age-key-wrong ${file}: it is encrypted for ${us}, none of which is ours`)
  })

  test('nor is it set', async () => {
    await expect(set('okta', 'x', two.replace(line('splunk'), ''))).rejects.toMatchObject({ code: 'secrets-tampered' })
  })
})

test('a name that is not there, or that every object has, is no secret', async () => {
  const opened = await open(two)
  for (const name of ['nowhere', 'sops', 'toString', '__proto__', 'sops:age'])
    expect(() => opened.valueOf(name)).toThrow(`it has no secret \`${name}\``)
})

describe('who can read what is set', () => {
  const rules = (text: string) => recipientsFor(file, Buffer.from(text))
  test.each([
    [`creation_rules: [{ age: '${us}, ${them}' }]`, [us, them]],
    [`creation_rules: [{ path_regex: ^tenants/other/, age: ${them} }, { path_regex: secrets, age: ${us} }]`, [us]],
    [`creation_rules: [{ path_regex: ^tenants/other/, age: ${them} }]`, undefined],
  ])('%s', (text, expected) => expect(rules(text)).toEqual(expected))

  test.each([
    `creation_rules: [{ kms: arn }]`,
    `creation_rules: [{ age: ssh-ed25519 AAAA }]`,
    'creation_rules: [{ path_regex: "(", age: x }]',
  ])('refused: %s', (text) => expect(() => rules(text)).toThrow('.sops.yaml'))
})
