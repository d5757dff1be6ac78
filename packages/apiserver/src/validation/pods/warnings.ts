// Warnings about a pod's spec, also inside templates (upstream's pkg/api/pod/warnings.go).
import type { Affinity, Container, PodSpec } from '@holdfast/schema';
import { isWhole } from '../quantities.ts';
import { DEPRECATED_NODE_LABELS, DEPRECATED_SOURCES, termWarnings } from '../deprecated.ts';

type StringMap = { readonly [key: string]: string };

const DEPRECATED_ANNOTATIONS: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

/** `prefix` is what stands before 'spec' in paths: '' for a pod, 'spec.template.' for a template. */
export function podWarnings(spec: PodSpec, annotations: StringMap | undefined, prefix: string): readonly string[] {
  const path = `${prefix}spec`;
  const containers = [
    ...(spec.initContainers ?? []).map((container, index) => ({ container, at: `${path}.initContainers[${index}]` })),
    ...(spec.containers ?? []).map((container, index) => ({ container, at: `${path}.containers[${index}]` })),
  ];
  return [
    ...schedulingWarnings(spec, path),
    ...Object.entries(DEPRECATED_ANNOTATIONS)
      .filter(([key]) => Object.hasOwn(annotations ?? {}, key))
      .map(([key, words]) => `${prefix}metadata.annotations[${key}]: ${words}`),
    ...(spec.volumes ?? []).flatMap((volume, index) =>
      Object.entries(DEPRECATED_SOURCES)
        .filter(([field]) => Object.hasOwn(volume, field))
        .map(([field, words]) => `${path}.volumes[${index}].${field === 'storageos' ? 'storageOS' : field}: ${words}`),
    ),
    ...repeated(
      spec.hostAliases ?? [],
      (alias) => alias.ip,
      (index, ip) => `${path}.hostAliases[${index}].ip: duplicate ip "${ip}"`,
    ),
    ...repeated(
      spec.imagePullSecrets ?? [],
      (secret) => secret.name ?? '',
      (index, name) => `${path}.imagePullSecrets[${index}].name: duplicate name "${name}"`,
    ),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }, index) =>
      name ? [] : [`${path}.imagePullSecrets[${index}].name: invalid empty name ""`],
    ),
    ...containers.flatMap(({ container, at }) => [...fractionWarnings(container, at), ...envWarnings(container, at)]),
    ...portWarnings(containers),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(spec.affinity?.podAffinity, `${path}.affinity.podAffinity`),
    ...affinityWarnings(spec.affinity?.podAntiAffinity, `${path}.affinity.podAntiAffinity`),
  ];
}

function schedulingWarnings(spec: PodSpec, path: string): readonly string[] {
  const found: string[] = [];
  const deprecated = (key: string): string | undefined =>
    Object.hasOwn(DEPRECATED_NODE_LABELS, key) ? DEPRECATED_NODE_LABELS[key] : undefined;
  for (const key of Object.keys(spec.nodeSelector ?? {}))
    if (deprecated(key)) found.push(`${path}.nodeSelector[${key}]: ${deprecated(key)}`);
  const nodes = spec.affinity?.nodeAffinity;
  for (const [index, term] of (nodes?.[REQUIRED]?.nodeSelectorTerms ?? []).entries())
    found.push(...termWarnings(term, `${path}.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms[${index}]`));
  for (const [index, term] of (nodes?.[PREFERRED] ?? []).entries())
    found.push(...termWarnings(term.preference, `${path}.affinity.nodeAffinity.${PREFERRED}[${index}].preference`));
  for (const [index, { topologyKey, labelSelector }] of (spec.topologySpreadConstraints ?? []).entries()) {
    const at = `${path}.topologySpreadConstraints[${index}]`;
    if (deprecated(topologyKey)) found.push(`${at}.topologyKey: ${topologyKey} is ${deprecated(topologyKey)}`);
    if (!labelSelector) found.push(`${at}.labelSelector: a null labelSelector results in matching no pod`);
  }
  return found;
}

function affinityWarnings(affinity: Affinity['podAffinity'], path: string): readonly string[] {
  const words = 'a null labelSelector results in matching no pod';
  return [
    ...(affinity?.[REQUIRED] ?? []).flatMap((term, i) => (term.labelSelector ? [] : [`${path}.${REQUIRED}[${i}].labelSelector: ${words}`])),
    ...(affinity?.[PREFERRED] ?? []).flatMap(({ podAffinityTerm }, i) =>
      podAffinityTerm.labelSelector ? [] : [`${path}.${PREFERRED}[${i}].podAffinityTerm.labelSelector: ${words}`],
    ),
  ];
}

function repeated<T>(list: readonly T[], keyOf: (item: T) => string, words: (index: number, key: string) => string): readonly string[] {
  const keys = list.map(keyOf);
  return keys.flatMap((key, index) => (keys.indexOf(key) < index ? [words(index, key)] : []));
}

function fractionWarnings({ resources }: Container, at: string): readonly string[] {
  return (['memory', 'ephemeral-storage'] as const).flatMap((name) =>
    (['limits', 'requests'] as const).flatMap((field) => {
      const value = resources?.[field]?.[name];
      return value === undefined || isWhole(value)
        ? []
        : [`${at}.resources.${field}[${name}]: fractional byte value "${value}" is invalid, must be an integer`];
    }),
  );
}

/** A variable that is stated twice is fine only where the later one extends the earlier. */
function envWarnings({ env = [] }: Container, at: string): readonly string[] {
  const names = env.map((variable) => variable.name);
  return env.flatMap(({ name, value = '', valueFrom }, index) => {
    if (names.indexOf(name) === index) return [];
    const reference = `$(${name})`;
    const hides = valueFrom !== undefined || value === reference || !value.includes(reference);
    return hides ? [`${at}.env[${index}]: hides previous definition of "${name}", which may be dropped when using apply`] : [];
  });
}

function portWarnings(containers: readonly { readonly container: Container; readonly at: string }[]): readonly string[] {
  const found: string[] = [];
  const seen = new Map<string, { readonly at: string; readonly hostIP: string; readonly hostPort: number }[]>();
  for (const { container, at } of containers) {
    for (const [index, { containerPort, protocol, hostIP = '', hostPort = 0 }] of (container.ports ?? []).entries()) {
      const here = `${at}.ports[${index}]`;
      const key = `${containerPort}/${protocol}`;
      const others = seen.get(key) ?? [];
      for (const other of others) {
        if (hostIP === other.hostIP && hostPort === other.hostPort) found.push(`${here}: duplicate port definition with ${other.at}`);
        else if (hostPort === 0 || other.hostPort === 0) found.push(`${here}: overlapping port definition with ${other.at}`);
        else if (hostPort === other.hostPort && (hostIP === '') !== (other.hostIP === ''))
          found.push(`${here}: dangerously ambiguous port definition with ${other.at}`);
      }
      seen.set(key, [...others, { at: here, hostIP, hostPort }]);
    }
  }
  return found;
}
