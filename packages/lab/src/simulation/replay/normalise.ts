// Objects as the recordings show them: what may differ between two runs taken out, random names numbered.
import type { KubeObject } from '@holdfast/schema';
import type { Json } from './trace.ts';

type Fields = { readonly [field: string]: unknown };

/** Labels, fields and conditions that our version has and the recorded one (1.26) had not. */
const NEWER_LABELS = new Set(['apps.kubernetes.io/pod-index']);

const COUNTS = [
  'replicas',
  'podManagementPolicy',
  'updateStrategy',
  'strategy',
  'revisionHistoryLimit',
  'minReadySeconds',
  'serviceName',
  'paused',
];

/** What a kind keeps besides its metadata. */
const BODIES: Readonly<Record<string, (object: Fields) => Fields>> = {
  Pod: ({ spec, status }) => ({
    spec: {
      ...pick(spec, ['nodeName', 'hostname', 'subdomain', 'restartPolicy', 'terminationGracePeriodSeconds', 'tolerations', 'priority']),
      images: items(fields(spec)['containers']).map((container) => container['image']),
      claims: claimsOf(spec),
    },
    status: {
      ...pick(status, ['phase', 'reason', 'message', 'qosClass', 'nominatedNodeName', 'podIP']),
      conditions: conditionMap(status),
    },
  }),
  PersistentVolumeClaim: ({ spec, status }) => ({ spec, status: { ...fields(status), conditions: conditionMap(status) } }),
  PersistentVolume: ({ spec, status }) => ({
    spec: {
      ...pick(spec, ['capacity', 'accessModes', 'persistentVolumeReclaimPolicy', 'storageClassName', 'volumeMode']),
      claimRef: without(fields(spec)['claimRef'], ['kind', 'apiVersion', 'resourceVersion']),
      local: fields(fields(spec)['local'])['path'],
    },
    status: pick(status, ['phase', 'message', 'reason']),
  }),
  StatefulSet: workload,
  Deployment: workload,
  ReplicaSet: workload,
  ControllerRevision: ({ revision }) => ({ revision }),
  PodDisruptionBudget: ({ spec, status }) => ({
    spec: without(spec, ['selector']),
    status: {
      ...fields(status),
      disruptedPods: fields(status)['disruptedPods'] === undefined ? undefined : Object.keys(fields(fields(status)['disruptedPods'])),
      conditions: conditionMap(status),
    },
  }),
  Endpoints: ({ subsets }) => ({
    subsets: items(subsets).map((subset) => ({
      ready: targetNames(subset['addresses']),
      notReady: targetNames(subset['notReadyAddresses']),
      ports: subset['ports'],
    })),
  }),
  EndpointSlice: ({ addressType, ports, endpoints }) => ({
    addressType,
    ports,
    endpoints: Object.fromEntries(
      items(endpoints).map((endpoint) => [
        String(fields(endpoint['targetRef'])['name']),
        pick(endpoint, ['conditions', 'hostname', 'nodeName', 'zone']),
      ]),
    ),
  }),
  Node: ({ spec, status }) => ({
    spec: {
      unschedulable: fields(spec)['unschedulable'] || undefined,
      taints: items(fields(spec)['taints']).map((taint) => ({ ...taint, ...('timeAdded' in taint ? { timeAdded: '<time>' } : {}) })),
    },
    status: { conditions: conditionMap(status) },
  }),
  Namespace: ({ spec, status }) => ({
    spec: pick(spec, ['finalizers']),
    status: { ...pick(status, ['phase']), conditions: conditionMap(status) },
  }),
};

/** Kinds that the recordings follow, besides Events. */
export const FOLLOWED: ReadonlySet<string> = new Set(Object.keys(BODIES));

/** Numbers what is random as it appears, and shows objects in the form of the recordings. */
export class Normaliser {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #uids = new Map<string, string>();

  /** Takes note of an object when it is created: its UID, and the random part of its name. Returns the name to show. */
  created(object: KubeObject): string {
    const { name = '', uid = '' } = object.metadata;
    if (object.kind === 'ControllerRevision') this.#number(name, name.slice(name.lastIndexOf('-') + 1), 'rev', '');
    if (object.kind === 'EndpointSlice') this.#number(name, name.slice(name.lastIndexOf('-') + 1), 's', object.metadata.generateName ?? '');
    const shown = this.name(object);
    const identity = `${object.kind}/${shown}`;
    const nth = (this.#counts.get(identity) ?? 0) + 1;
    this.#counts.set(identity, nth);
    this.#uids.set(uid, `<uid of ${identity}${nth > 1 ? ` #${nth}` : ''}>`);
    return shown;
  }

  name(object: KubeObject): string {
    return this.text(object.metadata.name ?? '');
  }

  /** A text with random names and UIDs numbered. */
  text(text: string): string {
    let shown = text;
    for (const [random, numbered] of this.#names) shown = shown.replaceAll(random, numbered);
    for (const [uid, named] of this.#uids) if (uid) shown = shown.replaceAll(uid, named);
    return shown;
  }

  /** The object without what may differ between runs. */
  object(object: KubeObject): Json {
    const body = BODIES[object.kind ?? '']?.(object as unknown as Fields) ?? {};
    const shown = compact({ metadata: metadataOf(object), ...body });
    return JSON.parse(this.text(JSON.stringify(shown))) as Json;
  }

  #number(name: string, random: string, letter: string, group: string): void {
    if (this.#names.has(random) || name === random) return;
    const counter = `${letter} ${group}`;
    const next = (this.#counts.get(counter) ?? 0) + 1;
    this.#counts.set(counter, next);
    this.#names.set(random, `<${letter}${next}>`);
  }
}

function metadataOf({ metadata, kind }: KubeObject): Fields {
  const labels = Object.fromEntries(Object.entries(metadata.labels ?? {}).filter(([label]) => !NEWER_LABELS.has(label)));
  return {
    ...pick(metadata, ['generation', 'finalizers', 'generateName', 'deletionGracePeriodSeconds']),
    // Node annotations and labels are the agent's; the recorded nodes were made by hand.
    ...(kind === 'Node' ? {} : { labels, annotations: timesHidden(metadata.annotations) }),
    deletionTimestamp: metadata.deletionTimestamp ? '<time>' : undefined,
    ownerReferences: metadata.ownerReferences?.map((owner) => pick(owner, ['kind', 'name', 'controller', 'blockOwnerDeletion'])),
  };
}

function timesHidden(annotations: Readonly<Record<string, string>> | undefined): Fields {
  const hide = ([key, value]: [string, string]): [string, string] => [key, key.endsWith('last-change-trigger-time') ? '<time>' : value];
  return Object.fromEntries(Object.entries(annotations ?? {}).map(hide));
}

function workload({ spec, status }: Fields): Fields {
  const template = fields(fields(fields(spec)['template'])['spec']);
  return {
    spec: { ...pick(spec, COUNTS), images: items(template['containers']).map((container) => container['image']) },
    status: { ...fields(status), conditions: conditionMap(status) },
  };
}

function claimsOf(spec: unknown): readonly string[] {
  return items(fields(spec)['volumes']).flatMap((volume) => {
    const claim = fields(volume['persistentVolumeClaim'])['claimName'] as string | undefined;
    return claim === undefined ? [] : [`${String(volume['name'])}=${claim}`];
  });
}

function conditionMap(status: unknown): Fields {
  return Object.fromEntries(
    items(fields(status)['conditions']).map((condition) => [String(condition['type']), pick(condition, ['status', 'reason', 'message'])]),
  );
}

function targetNames(addresses: unknown): readonly unknown[] {
  return items(addresses).map((address) => fields(address['targetRef'])['name']);
}

/** Without empty objects, lists, strings and absent values, as the recordings are; addresses are hidden. Zero and false stay. */
function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compact);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value)
    .map(([key, field]): [string, unknown] => [key, key === 'podIP' ? '<ip>' : compact(field)])
    .filter(([key, field]) => key === 'metadata' || !isEmpty(key, field));
  return Object.fromEntries(kept);
}

function isEmpty(key: string, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (value === '') return !key.includes('/');
  if (Array.isArray(value)) return value.length === 0 && key !== 'claims';
  if (typeof value !== 'object') return false;
  return Object.keys(value).length === 0 && key !== 'endpoints' && key !== 'spec';
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function items(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as readonly Fields[]) : [];
}

function pick(value: unknown, names: readonly string[]): Fields {
  const all = fields(value);
  return Object.fromEntries(names.filter((name) => all[name] !== undefined).map((name) => [name, all[name]]));
}

function without(value: unknown, names: readonly string[]): Fields | undefined {
  if (value === undefined || value === null) return undefined;
  return Object.fromEntries(Object.entries(fields(value)).filter(([name]) => !names.includes(name)));
}
