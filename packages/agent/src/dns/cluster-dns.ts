// The cluster's DNS server, over UDP and TCP, from the caches of services and endpoint slices.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { Component, ComponentContext, ComponentFactory } from '@holdfast/controller';
import { ENDPOINTSLICES, type EndpointSlice, NAMESPACES, type Service, SERVICES } from '@holdfast/schema';
import dns, { type Packet } from 'dns-packet';
import { SERVICE_LABEL } from '../network/endpoint-choice.ts';
import { answerQuestion, TTL_SECONDS, type ZoneAnswer, type ZoneSource } from './zone.ts';

export interface ClusterDnsOptions {
  readonly host: string;
  /** 0: any free port; see `onListening`. */
  readonly port: number;
  /** Default 'cluster.local'. */
  readonly domain?: string;
  /** Told the port once the server listens. */
  readonly onListening?: (port: number) => void;
}

const RCODE = { found: 0, nodata: 0, nxdomain: 3, refused: 5 } as const;
const FORMAT_ERROR = 1;
/** What a client that does not say more takes over UDP. */
const UDP_LIMIT = 512;
const SERVICE_INDEX = 'service';
const ADDRESS_INDEX = 'address';

/** Makes the server's component; start rejects when the address cannot be bound. */
export function clusterDns(options: ClusterDnsOptions): ComponentFactory {
  return (context) => new ClusterDns(options, context);
}

class ClusterDns implements Component {
  readonly name = 'cluster dns';
  readonly #options: ClusterDnsOptions;
  readonly #context: ComponentContext;
  readonly #source: ZoneSource;
  readonly #sockets = new Set<Socket>();
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;

  constructor(options: ClusterDnsOptions, context: ComponentContext) {
    this.#options = options;
    this.#context = context;
    this.#source = sourceOf(context);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { informers } = this.#context;
    await Promise.all([SERVICES, ENDPOINTSLICES, NAMESPACES].map((type) => informers.informer(type).whenSynced()));
    if (signal.aborted) return;
    const { host, port } = this.#options;
    const tcp = createServer((socket) => this.#serve(socket));
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject).listen(port, host, resolve);
    });
    this.#tcp = tcp;
    const address = tcp.address();
    const bound = typeof address === 'object' && address ? address.port : port;
    const udp = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject).bind(bound, host, resolve);
    });
    this.#udp = udp;
    udp.on('error', (error) => this.#context.log.warn({ err: error }, 'dns socket failed'));
    udp.on('message', (message, peer) => {
      const answer = this.#answer(message, true);
      if (answer) udp.send(answer, peer.port, peer.address);
    });
    this.#options.onListening?.(bound);
  }

  async stopped(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const [tcp, udp] = [this.#tcp, this.#udp];
    if (tcp) await new Promise<void>((resolve) => tcp.close(() => resolve()));
    if (udp) await new Promise<void>((resolve) => udp.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let buffer: Buffer = Buffer.alloc(0);
    socket.on('close', () => this.#sockets.delete(socket));
    // The peer may leave whenever it likes.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      // Each message is led by its length in two bytes.
      while (buffer.length >= 2 && buffer.length >= 2 + buffer.readUInt16BE(0)) {
        const end = 2 + buffer.readUInt16BE(0);
        const answer = this.#answer(buffer.subarray(2, end), false);
        buffer = buffer.subarray(end);
        if (!answer) return void socket.destroy();
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([length, answer]));
      }
    });
  }

  /** Undefined for what is no DNS query at all. */
  #answer(message: Buffer, udp: boolean): Buffer | undefined {
    let query: dns.DecodedPacket;
    try {
      query = dns.decode(message);
    } catch {
      return message.length < 12 ? undefined : dns.encode({ type: 'response', id: message.readUInt16BE(0), flags: FORMAT_ERROR });
    }
    if (query.type !== 'query') return undefined;
    const question = query.questions?.[0];
    const domain = this.#options.domain ?? 'cluster.local';
    const result: ZoneAnswer = question
      ? answerQuestion(question.name, question.type, this.#source, domain)
      : { kind: 'refused', answers: [], additionals: [] };
    const recursion = (query.flags ?? 0) & dns.RECURSION_DESIRED;
    const authoritative = result.kind === 'refused' ? 0 : dns.AUTHORITATIVE_ANSWER;
    const response: Packet = {
      type: 'response',
      id: query.id,
      flags: recursion | authoritative | RCODE[result.kind],
      questions: query.questions ?? [],
      answers: [...result.answers],
      additionals: [...result.additionals],
      authorities: result.kind === 'nxdomain' || result.kind === 'nodata' ? [authority(domain)] : [],
    };
    const bytes = dns.encode(response);
    if (!udp || bytes.length <= udpLimit(query)) return bytes;
    return dns.encode({
      ...response,
      flags: (response.flags ?? 0) | dns.TRUNCATED_RESPONSE,
      answers: [],
      additionals: [],
      authorities: [],
    });
  }
}

function udpLimit(query: dns.DecodedPacket): number {
  const option = query.additionals?.find((record) => record.type === 'OPT');
  return option && 'udpPayloadSize' in option ? Math.max(UDP_LIMIT, option.udpPayloadSize) : UDP_LIMIT;
}

/** How long a client may remember that there is nothing. */
function authority(domain: string): dns.Answer {
  const data = {
    mname: `ns.dns.${domain}`,
    rname: `hostmaster.${domain}`,
    serial: 1,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: TTL_SECONDS,
  };
  return { name: domain, type: 'SOA', ttl: TTL_SECONDS, data };
}

function sourceOf({ informers }: ComponentContext): ZoneSource {
  const services = informers.informer(SERVICES);
  const slices = informers.informer(ENDPOINTSLICES);
  const namespaces = informers.informer(NAMESPACES);
  services.addIndex(ADDRESS_INDEX, ({ spec }: Service) => (spec?.clusterIP && spec.clusterIP !== 'None' ? [spec.clusterIP] : []));
  slices.addIndex(SERVICE_INDEX, ({ metadata }: EndpointSlice) => [`${metadata.namespace}/${metadata.labels?.[SERVICE_LABEL] ?? ''}`]);
  slices.addIndex(ADDRESS_INDEX, ({ endpoints }: EndpointSlice) => (endpoints ?? []).flatMap(({ addresses }) => addresses));
  return {
    service: (namespace, name) => services.get({ namespace, name }),
    slices: (namespace, service) => slices.byIndex(SERVICE_INDEX, `${namespace}/${service}`),
    namespaceExists: (name) => namespaces.get({ name }) !== undefined,
    servicesByAddress: (address) => services.byIndex(ADDRESS_INDEX, address),
    slicesByAddress: (address) => slices.byIndex(ADDRESS_INDEX, address),
  };
}
