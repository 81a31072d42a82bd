import { describe, expect, test } from 'vitest'
import { addressCheck } from '../../../controller/io/connectors/address-class.ts'

const check = addressCheck()

const refused: [address: string, why: RegExp][] = [
  ['127.0.0.1', /loopback/],
  ['127.255.255.254', /loopback/],
  ['0.0.0.0', /reserved/],
  ['10.0.0.1', /private/],
  ['172.16.0.1', /private/],
  ['172.31.255.255', /private/],
  ['192.168.1.1', /private/],
  ['169.254.1.1', /link-local/],
  ['169.254.169.254', /metadata/],
  ['168.63.129.16', /metadata/],
  ['100.100.100.200', /metadata/],
  ['100.64.0.1', /carrier-grade/],
  ['100.127.255.255', /carrier-grade/],
  ['224.0.0.1', /multicast/],
  ['239.255.255.255', /multicast/],
  ['255.255.255.255', /reserved/],
  ['240.0.0.1', /reserved/],
  ['198.18.0.1', /reserved/],
  ['192.0.2.1', /reserved/],
  ['::', /non-public/],
  ['::1', /non-public/],
  ['::ffff:127.0.0.1', /refused|non-public|loopback/],
  ['::ffff:8.8.8.8', /non-public/],
  ['::ffff:a9fe:a9fe', /non-public|metadata/],
  ['::127.0.0.1', /non-public/],
  ['64:ff9b::7f00:1', /non-public/],
  ['fe80::1', /non-public/],
  ['fc00::1', /non-public/],
  ['fd00:ec2::254', /metadata/],
  ['fec0::1', /non-public/],
  ['ff02::1', /non-public/],
  ['2001::1', /non-public/],
  ['2001:db8::1', /non-public/],
  ['2002:7f00:1::', /non-public/],
  ['not-an-address', /not an address/],
  ['127.1', /not an address/],
]

describe('addresses', () => {
  test.each(refused)('%s is refused', (address, why) => {
    expect(check(address)).toEqual({ kind: 'refused', why: expect.stringMatching(why) })
  })

  test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::200e'])(
    '%s is allowed',
    (address) => {
      expect(check(address)).toEqual({ kind: 'allowed' })
    },
  )

  test('an operator may allow a network, but never a metadata address', () => {
    const wide = addressCheck(['10.1.0.0/16', '169.254.0.0/16', 'fd00::/8'])
    expect(wide('10.1.2.3')).toEqual({ kind: 'allowed' })
    expect(wide('fd12::1')).toEqual({ kind: 'allowed' })
    expect(wide('10.2.0.1').kind).toBe('refused')
    expect(wide('169.254.169.254').kind).toBe('refused')
    expect(wide('fd00:ec2::254').kind).toBe('refused')
    // The mapped form must not reach what the plain form may not.
    expect(wide('::ffff:169.254.169.254').kind).toBe('refused')
    for (const text of ['10.0.0.0', '10.0.0.0/33', 'fd00::/129', 'example.com/8', '10.0.0.0/8/8', '/8'])
      expect(() => addressCheck([text]), text).toThrow(TypeError)
  })
})
