import { BlockList, isIP } from 'node:net'

type Network = readonly [network: string, prefix: number]

/** Refused even where an operator allows the network around them: they hand out credentials. 168.63.129.16 is a public address. */
const metadata: readonly Network[] = [
  ['169.254.169.254', 32],
  ['169.254.170.2', 32],
  ['168.63.129.16', 32],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['fd00:ec2::254', 128],
]

/** IPv4 that is not public, by what it is. */
const special4: Readonly<Record<string, readonly Network[]>> = {
  loopback: [['127.0.0.0', 8]],
  private: [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ],
  'link-local': [['169.254.0.0', 16]],
  'carrier-grade NAT': [['100.64.0.0', 10]],
  multicast: [['224.0.0.0', 4]],
  reserved: [
    ['0.0.0.0', 8],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['240.0.0.0', 4],
  ],
}

/** Only 2000::/3 is public, and these parts of it are not: Teredo and its like, documentation, 6to4 (which carries an IPv4 address). */
const public6: Network = ['2000::', 3]
const special6: readonly Network[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

export type AddressVerdict = { readonly kind: 'allowed' } | { readonly kind: 'refused'; readonly why: string }

/** Whether an address may be dialled: public ones, and those of the networks that the operator allows. */
export function addressCheck(allowedNetworks: readonly string[] = []): (address: string) => AddressVerdict {
  const never = networks(metadata)
  const extra = networks(allowedNetworks.map(parseNetwork))
  return (address) => {
    if (isIP(address) === 0) return { kind: 'refused', why: 'not an address' }
    if (has(never, address)) return { kind: 'refused', why: 'a metadata address' }
    if (has(extra, address)) return { kind: 'allowed' }
    const special = classOf(address)
    return special === 'public' ? { kind: 'allowed' } : { kind: 'refused', why: `a ${special} address` }
  }
}

const lists4 = Object.entries(special4).map(([name, list]) => [name, networks(list)] as const)
const list6 = networks([public6])
const except6 = networks(special6)

/** `public`, or what else the address is. IPv4-mapped, NAT64 and unique-local addresses lie outside 2000::/3. */
export function classOf(address: string): string {
  if (isIP(address) === 4) return lists4.find(([, list]) => list.check(address, 'ipv4'))?.[0] ?? 'public'
  if (!list6.check(address, 'ipv6') || except6.check(address, 'ipv6')) return 'non-public'
  return 'public'
}

function has(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}

function networks(list: readonly Network[]): BlockList {
  const blocks = new BlockList()
  for (const [network, prefix] of list) blocks.addSubnet(network, prefix, isIP(network) === 4 ? 'ipv4' : 'ipv6')
  return blocks
}

export function isNetwork(text: string): boolean {
  const [network = '', prefix = '', ...rest] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(network) as 0 | 4 | 6]
  return rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits
}

function parseNetwork(text: string): Network {
  if (!isNetwork(text)) throw new TypeError(`not a network: ${text}`)
  const [network = '', prefix] = text.split('/')
  return [network, Number(prefix)]
}
