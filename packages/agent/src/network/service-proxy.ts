// What kube-proxy does for TCP: every service port answers at the service's address and leads to a ready endpoint.
import {
  type Component,
  type ComponentContext,
  type ComponentFactory,
  createEventRecorder,
  type EventRecorder,
} from '@holdfast/controller';
import { ENDPOINTSLICES, type EndpointSlice, type Service, SERVICES } from '@holdfast/schema';
import { backendsOf, listenAddresses, SERVICE_LABEL } from './endpoint-choice.ts';
import { PortForwarder } from './port-forwarder.ts';

const SLICE_INDEX = 'service';

/** One per lab: the addresses of services are addresses of this machine's loopback network. */
export function serviceProxy(): ComponentFactory {
  return (context) => new ServiceProxy(context);
}

class ServiceProxy implements Component {
  readonly name = 'service proxy';
  readonly #context: ComponentContext;
  readonly #events: EventRecorder;
  /** By service ('namespace/name'), then by 'address:port'. */
  readonly #forwarders = new Map<string, Map<string, PortForwarder>>();
  readonly #closing = new Set<Promise<void>>();
  #unsubscribe: readonly (() => void)[] = [];
  #running = false;

  constructor(context: ComponentContext) {
    this.#context = context;
    const { client, clock, random, informers } = context;
    this.#events = createEventRecorder({ client, clock, random, component: 'kube-proxy' });
    informers.informer(SERVICES);
    informers.informer(ENDPOINTSLICES).addIndex(SLICE_INDEX, (slice) => [serviceOf(slice)]);
  }

  async start(signal: AbortSignal): Promise<void> {
    const services = this.#context.informers.informer(SERVICES);
    const slices = this.#context.informers.informer(ENDPOINTSLICES);
    await Promise.all([services.whenSynced(), slices.whenSynced()]);
    if (signal.aborted) return;
    this.#running = true;
    this.#unsubscribe = [
      services.addHandler(({ object }) => this.#sync(keyOf(object))),
      slices.addHandler(({ object }) => this.#sync(serviceOf(object))),
    ];
  }

  async stopped(): Promise<void> {
    this.#running = false;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const ports of this.#forwarders.values()) for (const forwarder of ports.values()) this.#close(forwarder);
    this.#forwarders.clear();
    await Promise.all(this.#closing);
    await this.#events.flush();
  }

  #sync(key: string): void {
    if (!this.#running) return;
    const { informers, random } = this.#context;
    const [namespace, name = ''] = key.split('/');
    const service = informers.informer(SERVICES).get({ namespace, name });
    const slices = informers.informer(ENDPOINTSLICES).byIndex(SLICE_INDEX, key);
    const old = this.#forwarders.get(key) ?? new Map<string, PortForwarder>();
    const now = new Map<string, PortForwarder>();
    for (const { host, port } of service ? listenAddresses(service) : []) {
      const address = `${host}:${port.port}`;
      const forwarder =
        old.get(address) ??
        new PortForwarder({ host, port: port.port, random, onBindError: (error) => service && this.#cannotBind(service, address, error) });
      now.set(address, forwarder);
      forwarder.setBackends(backendsOf(port, slices));
    }
    for (const [address, forwarder] of old) if (!now.has(address)) this.#close(forwarder);
    if (now.size > 0) this.#forwarders.set(key, now);
    else this.#forwarders.delete(key);
  }

  #close(forwarder: PortForwarder): void {
    const closing = forwarder.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #cannotBind(service: Service, address: string, error: NodeJS.ErrnoException): void {
    this.#context.log.warn({ err: error, service: keyOf(service), address }, 'service port could not be bound');
    this.#events.event(
      service,
      'Warning',
      'PortNotBound',
      `cannot listen on ${address}: ${bindProblem(error)}; other ports of the service, and its pods at their own addresses, can still be reached`,
    );
  }
}

function bindProblem(error: NodeJS.ErrnoException): string {
  if (error.code === 'EACCES')
    return 'ports below net.ipv4.ip_unprivileged_port_start (1024 by default) need privileges: give the service a higher port, or run the lab as root';
  if (error.code === 'EADDRINUSE') return 'another program on this machine already listens there';
  if (error.code === 'EADDRNOTAVAIL') return 'this machine has no such loopback address: the lab needs 127.0.0.0/8, as Linux has it';
  return error.message;
}

function keyOf({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function serviceOf({ metadata }: EndpointSlice): string {
  return `${metadata.namespace}/${metadata.labels?.[SERVICE_LABEL] ?? ''}`;
}
