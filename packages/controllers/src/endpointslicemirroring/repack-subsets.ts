// Subsets in their canonical form: every address once for each port, ports that have the same addresses together (upstream's RepackSubsets).
import type { EndpointAddress, EndpointPort } from '@holdfast/schema';
import type { Endpoints } from '@holdfast/schema';

/** Addresses and ports that belong together, each address with whether it is ready. */
export interface PackedSubset {
  readonly addresses: readonly { readonly address: EndpointAddress; readonly ready: boolean }[];
  readonly ports: readonly EndpointPort[];
}

type States = Map<string, { readonly address: EndpointAddress; readonly ready: boolean }>;

export function repackSubsets(subsets: Endpoints['subsets'] = []): readonly PackedSubset[] {
  const byPort = new Map<string, { readonly port: EndpointPort | undefined; readonly states: States }>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    // Addresses without ports are a set of their own.
    for (const port of ports.length > 0 ? ports : [undefined]) {
      const key = portKey(port);
      const { states } = byPort.get(key) ?? { states: new Map() };
      byPort.set(key, { port, states });
      for (const address of addresses) note(states, address, true);
      for (const address of notReadyAddresses) note(states, address, false);
    }
  }
  const packed = new Map<string, { readonly states: States; readonly ports: EndpointPort[] }>();
  for (const { port, states } of byPort.values()) {
    const key = `${port ? '' : 'none '}${statesKey(states)}`;
    const group = packed.get(key) ?? { states, ports: [] };
    packed.set(key, group);
    if (port) group.ports.push(port);
  }
  return [...packed.values()].map(({ states, ports }) => ({ addresses: [...states.values()], ports }));
}

/** Whoever says that an address is not ready is believed. */
function note(states: States, address: EndpointAddress, ready: boolean): void {
  const key = addressKey(address);
  const known = states.get(key);
  if (!known) states.set(key, { address, ready });
  else if (!ready && known.ready) states.set(key, { ...known, ready });
}

/** One address may stand for several objects. */
function addressKey({ ip, targetRef }: EndpointAddress): string {
  return `${ip} ${targetRef?.uid ?? ''}`;
}

function portKey(port: EndpointPort | undefined): string {
  return port ? JSON.stringify([port.name ?? '', port.port, port.protocol ?? 'TCP', port.appProtocol ?? '']) : '';
}

function statesKey(states: States): string {
  return [...states]
    .map(([key, { ready }]) => `${key} ${ready}`)
    .toSorted()
    .join('\n');
}
