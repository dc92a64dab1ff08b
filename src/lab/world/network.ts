import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { labEnvironment, mustRun, runCommand } from './run-command.ts'

/**
 * The lab's addresses. Every lab has its own network namespaces, so that the same addresses serve all of them; nothing
 * has a route to outside.
 */
export const addresses = {
  controlPlane: '10.0.0.1',
  client: (index: number): string => `203.0.113.${20 + index}`,
  clientCount: 24,
  loadBalancerNode: (index: number): string => `10.0.${index + 1}.${11 + index}`,
  node: (index: number): string => `10.0.16.${11 + index}`,
  /** As EC2 names an instance, and Kubernetes its node. */
  nodeName: (index: number): string => `ip-10-0-16-${11 + index}.eu-west-1.compute.internal`,
  podNetwork: (node: number): string => `10.0.${32 + node}.0/24`,
  podGateway: (node: number): string => `10.0.${32 + node}.1`,
  pod: (node: number, index: number): string => `10.0.${32 + node}.${10 + index}`,
  /** What the load balancer calls: outside the VPC. */
  service: (index: number): string => `198.51.100.${10 + index}`,
} as const

export interface NetworkShape {
  readonly loadBalancerNodes: number
  readonly nodes: number
  /** Between the load balancer and everything else; absent: as fast as the kernel is. */
  readonly roundTripMs?: number
}

const wireProgram = fileURLToPath(new URL('../../../lab/wire.py', import.meta.url))

function spawnHere(argv: readonly string[]): ChildProcess {
  const [program = '', ...args] = argv
  return spawn(program, args, { env: labEnvironment(), detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
}

export type HostName = 'client' | 'lb' | `node-${number}` | (string & {})

/**
 * Namespaces for the client, the load balancer and the nodes on one bridge (the VPC), pods behind their node's own
 * bridge. Pod addresses are routed in the VPC, as the AWS VPC CNI does: so target type `ip` works too.
 */
export class Network {
  readonly shape: NetworkShape
  #links = 0
  readonly #pods = new Map<string, { node: number; address: string }>()
  readonly #nextPod: number[] = []

  constructor(shape: NetworkShape) {
    this.shape = shape
  }

  async build(): Promise<void> {
    await mustRun(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run'])
    await mustRun(['mkdir', '-p', '/run/netns', '/run/lock'])
    await mustRun(['ip', '-batch', '-'], 'link set lo up\nlink add vpc0 type bridge\nlink set vpc0 up\n')
    await mustRun(['ip', 'addr', 'add', `${addresses.controlPlane}/16`, 'dev', 'vpc0'])
    await mustRun(['ip', 'route', 'add', '203.0.113.0/24', 'dev', 'vpc0'])
    const isWired = this.shape.roundTripMs !== undefined
    const vpcHosts = [
      'client',
      ...(isWired ? [] : ['lb']),
      ...Array.from({ length: this.shape.nodes }, (_, n) => `node-${n + 1}`),
    ]
    for (const host of vpcHosts) await this.#joinVpc(host)
    const clientAddresses = Array.from({ length: addresses.clientCount }, (_, n) => addresses.client(n))
    await this.#configure('client', [
      ...clientAddresses.map((address) => `addr add ${address}/24 dev eth0`),
      'route add 10.0.0.0/16 dev eth0',
    ])
    if (isWired)
      await this.#configure(
        'client',
        Array.from(
          { length: this.shape.loadBalancerNodes },
          (_, n) => `route add ${addresses.loadBalancerNode(n)}/32 via ${addresses.controlPlane}`,
        ),
      )
    const podRoutes = Array.from(
      { length: this.shape.nodes },
      (_, n) => `route add ${addresses.podNetwork(n)} via ${addresses.node(n)}`,
    )
    const lbAddresses = Array.from({ length: this.shape.loadBalancerNodes }, (_, n) => addresses.loadBalancerNode(n))
    if (this.shape.roundTripMs === undefined)
      await this.#configure('lb', [
        ...lbAddresses.map((address) => `addr add ${address}/16 dev eth0`),
        'route add 203.0.113.0/24 dev eth0',
        ...podRoutes,
      ])
    else await this.#wireLoadBalancer(lbAddresses, this.shape.roundTripMs)
    for (let n = 0; n < this.shape.nodes; n++) {
      await this.#configure(`node-${n + 1}`, [
        `addr add ${addresses.node(n)}/16 dev eth0`,
        'link add cni0 type bridge',
        `addr add ${addresses.podGateway(n)}/24 dev cni0`,
        'link set cni0 up',
        'route add 203.0.113.0/24 dev eth0',
        ...podRoutes.filter((_, other) => other !== n),
        ...(isWired ? lbAddresses.map((address) => `route add ${address}/32 via ${addresses.controlPlane}`) : []),
      ])
      await this.sysctl(`node-${n + 1}`, { 'net.ipv4.ip_forward': 1, 'net.ipv4.conf.all.send_redirects': 0 })
      this.#nextPod.push(0)
    }
    for (const route of podRoutes) await mustRun(['ip', ...route.split(' ')])
  }

  /** A new pod on a node; resolves to its address. */
  async addPod(name: string, node: number): Promise<string> {
    const index = this.#nextPod[node] ?? 0
    this.#nextPod[node] = index + 1
    const address = addresses.pod(node, index)
    await mustRun(['ip', 'netns', 'add', name])
    const link = `veth${++this.#links}`
    await mustRun(
      ['ip', '-n', `node-${node + 1}`, '-batch', '-'],
      `link add ${link} type veth peer name eth0 netns ${name}\nlink set ${link} master cni0 up\n`,
    )
    await this.#configure(name, [
      `addr add ${address}/24 dev eth0`,
      'link set eth0 up',
      `route add default via ${addresses.podGateway(node)}`,
    ])
    this.#pods.set(name, { node, address })
    return address
  }

  /** A host outside the VPC that load balancer and clients reach. */
  async addService(name: string, address: string): Promise<void> {
    await this.#joinVpc(name)
    await this.#configure(name, [
      `addr add ${address}/24 dev eth0`,
      'route add 10.0.0.0/16 dev eth0',
      'route add 203.0.113.0/24 dev eth0',
    ])
    for (const host of ['lb', 'client'])
      await mustRun(['ip', '-n', host, 'route', 'replace', '198.51.100.0/24', 'dev', 'eth0'])
  }

  async removePod(name: string): Promise<void> {
    if (!this.#pods.delete(name)) return
    await runCommand(['ip', 'netns', 'delete', name])
  }

  async sysctl(host: HostName, values: Readonly<Record<string, string | number>>): Promise<void> {
    const settings = Object.entries(values).map(([key, value]) => `${key}=${value}`)
    if (settings.length > 0) await mustRun(['ip', 'netns', 'exec', host, 'sysctl', '-q', '-w', ...settings])
  }

  /** Packets to and from this host vanish without an answer, as a security group or a dead instance makes them. */
  async blackhole(host: HostName): Promise<void> {
    const drop = ['ip', 'netns', 'exec', host, 'iptables', '-w', '-t', 'raw', '-A']
    await mustRun([...drop, 'PREROUTING', '-i', 'eth0', '-j', 'DROP'])
    await mustRun([...drop, 'OUTPUT', '-o', 'eth0', '-j', 'DROP'])
  }

  /** This host may not send to this address, as when its security group has lost a rule for outgoing traffic. */
  async blockDestination(host: HostName, address: string): Promise<void> {
    await mustRun([
      'ip',
      'netns',
      'exec',
      host,
      'iptables',
      '-w',
      '-t',
      'raw',
      '-A',
      'OUTPUT',
      '-d',
      address,
      '-j',
      'DROP',
    ])
  }

  /** No packet from this address reaches a node or a pod any more, as when the ACL of its subnet forgets a rule. */
  async blockSource(address: string): Promise<void> {
    for (let n = 0; n < this.shape.nodes; n++)
      await mustRun(
        [
          'ip',
          'netns',
          'exec',
          `node-${n + 1}`,
          'iptables',
          '-w',
          '-t',
          'raw',
          '-A',
          'PREROUTING',
          '-s',
          address,
        ].concat(['-j', 'DROP']),
      )
  }

  /**
   * At most so many connections through this host: the first packet of any further one is dropped, those that are there
   * go on. The kernel counts them; what is closed does not count.
   */
  async limitConnections(host: HostName, most: number): Promise<void> {
    const rule = ['-m', 'conntrack', '--ctstate', 'NEW', '-m', 'connlimit', '--connlimit-above', `${most}`]
    await mustRun(
      ['ip', 'netns', 'exec', host, 'iptables', '-w', '-t', 'mangle', '-A', 'PREROUTING'].concat(rule, [
        '--connlimit-mask',
        '0',
        '-j',
        'DROP',
      ]),
    )
  }

  /** Packets that {@link limitConnections} has dropped on this host. */
  async refusedConnections(host: HostName): Promise<number> {
    const list = ['iptables', '-w', '-t', 'mangle', '-L', 'PREROUTING', '-v', '-n', '-x']
    const { stdout } = await runCommand(['ip', 'netns', 'exec', host, ...list])
    return Number(/^\s*(\d+)\s+\d+\s+DROP .*#conn/m.exec(stdout)?.[1] ?? 0)
  }

  /** The counters of a host's connection tracking, as `/proc` has them, and the packets it could not enter. */
  async conntrackStat(host: HostName): Promise<{ readonly insertFailed: number; readonly stat: string }> {
    const stat = await mustRun(['ip', 'netns', 'exec', host, 'cat', '/proc/net/stat/nf_conntrack'])
    const [head = '', ...rows] = stat.trim().split('\n')
    const column = head.trim().split(/\s+/).indexOf('insert_failed')
    const ofRow = (row: string): number => Number.parseInt(row.trim().split(/\s+/)[column] ?? '0', 16)
    return { insertFailed: rows.reduce((sum, row) => sum + ofRow(row), 0), stat }
  }

  async heal(host: HostName): Promise<void> {
    await mustRun(['ip', 'netns', 'exec', host, 'iptables', '-w', '-t', 'raw', '-F'])
  }

  /** Counters of a namespace's TCP and ICMP, since it exists. */
  async counters(host: HostName, names: readonly string[]): Promise<Record<string, number>> {
    const result = await runCommand(['ip', 'netns', 'exec', host, 'nstat', '-asz', ...names])
    const found: Record<string, number> = {}
    for (const line of result.stdout.split('\n')) {
      const match = /^(\w+)\s+(\d+)/.exec(line)
      if (match?.[1] && names.includes(match[1])) found[match[1]] = Number(match[2])
    }
    return found
  }

  /**
   * A long-running process inside a host. It leads its own session, so that a Ctrl-C in the terminal reaches only the
   * lab, which then ends its processes in order.
   */
  spawn(host: HostName, argv: readonly string[], env: NodeJS.ProcessEnv = {}, cwd?: string): ChildProcess {
    return spawn('ip', ['netns', 'exec', host, ...argv], {
      env: { ...labEnvironment(), ...env },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    })
  }

  /** Puts the load balancer at the far end of a cable with a length; the control plane's namespace routes. */
  async #wireLoadBalancer(lbAddresses: readonly string[], roundTripMs: number): Promise<void> {
    await mustRun(['ip', 'netns', 'add', 'lb'])
    // The default of 10 datagrams would lose packets in every burst.
    await mustRun(['sysctl', '-q', '-w', 'net.unix.max_dgram_qlen=2000'])
    await this.sysctl('lb', { 'net.unix.max_dgram_qlen': 2000 })
    const ends = [
      { device: 'wire0', own: '/run/wire-vpc', peer: '/run/wire-lb', host: undefined },
      { device: 'eth0', own: '/run/wire-lb', peer: '/run/wire-vpc', host: 'lb' },
    ]
    for (const { device, own, peer, host } of ends) {
      const argv = ['python3', wireProgram, device, own, peer, String(roundTripMs / 2)]
      const child = host === undefined ? spawnHere(argv) : this.spawn(host, argv)
      await new Promise<void>((resolve, reject) => {
        child.stdout?.once('data', () => resolve())
        child.once('exit', (code) => reject(new Error(`The cable to the load balancer ended with ${code}`)))
        child.once('error', reject)
      })
    }
    await mustRun([
      'sysctl',
      '-q',
      '-w',
      'net.ipv4.ip_forward=1',
      'net.ipv4.conf.all.send_redirects=0',
      'net.ipv4.conf.vpc0.send_redirects=0',
    ])
    await mustRun(['ip', 'link', 'set', 'wire0', 'up'])
    for (const address of lbAddresses) await mustRun(['ip', 'route', 'add', `${address}/32`, 'dev', 'wire0'])
    await this.#configure('lb', [
      ...lbAddresses.map((address) => `addr add ${address}/32 dev eth0`),
      'link set eth0 up',
      'route add default dev eth0',
    ])
  }

  async #joinVpc(host: string): Promise<void> {
    await mustRun(['ip', 'netns', 'add', host])
    const link = `veth${++this.#links}`
    await mustRun(
      ['ip', '-batch', '-'],
      `link add ${link} type veth peer name eth0 netns ${host}\nlink set ${link} master vpc0 up\n`,
    )
    await this.#configure(host, ['link set eth0 up'])
  }

  async #configure(host: string, lines: readonly string[]): Promise<void> {
    await mustRun(['ip', '-n', host, '-batch', '-'], `link set lo up\n${lines.join('\n')}\n`)
  }
}
