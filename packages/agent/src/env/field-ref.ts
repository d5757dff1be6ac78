// Values that a container can ask of its own pod (fieldRef) and of its resources (resourceFieldRef).
import { type Container, type Pod, type PodSpec, parseQuantity, type ResourceFieldSelector } from '@holdfast/schema';

/** What fields may refer to beyond the pod object: known to the node before they are in the status. */
export interface FieldFacts {
  readonly podIp: string;
  readonly hostIp: string;
}

/** The value of a field path of `pod`. Throws with upstream's words when the path is not supported. */
export function fieldValue(path: string, pod: Pod, { podIp, hostIp }: FieldFacts): string {
  const entry = /^metadata\.(annotations|labels)\['(.+)'\]$/.exec(path);
  if (entry) return (entry[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[entry[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name ?? '';
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return podIp;
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}

/** The value of a resource field; a limit that is not set is what the node can give. Throws when there is no such container. */
export function resourceValue(
  selector: ResourceFieldSelector,
  spec: PodSpec,
  own: Container | undefined,
  allocatable: Readonly<Record<string, string>>,
): string {
  const container = selector.containerName
    ? [...spec.containers, ...(spec.initContainers ?? [])].find(({ name }) => name === selector.containerName)
    : own;
  if (!container) throw new Error(`container ${selector.containerName ?? ''} not found`);
  const [kind, ...rest] = selector.resource.split('.');
  const name = rest.join('.');
  if ((kind !== 'limits' && kind !== 'requests') || !name) throw new Error(`unsupported container resource : ${selector.resource}`);
  const limit = container.resources?.limits?.[name] ?? (kind === 'limits' ? allocatable[name] : undefined);
  const found = (kind === 'limits' ? limit : (container.resources?.requests?.[name] ?? container.resources?.limits?.[name])) ?? '0';
  const divisor =
    selector.divisor === undefined || parseQuantity(selector.divisor).isZero() ? parseQuantity('1') : parseQuantity(selector.divisor);
  // cpu is counted in thousandths, everything else in whole units; a remainder counts as one more.
  if (name === 'cpu') return String(Math.ceil(parseQuantity(found).milliValue() / divisor.milliValue()));
  const [value, unit] = [parseQuantity(found).bigValue(), divisor.bigValue()];
  return String((value + unit - 1n) / unit);
}

/** key="value" lines, sorted, with Go's quoting: the form of a downward API file. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}
