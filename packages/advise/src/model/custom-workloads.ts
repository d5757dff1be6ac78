// Custom resources of data operators, read as workloads: where each keeps its number of instances and its storage.
import { isRecord, type PersistentVolumeClaimSpec, type ResourceRequirements } from '@holdfast/schema';
import { type Engine, engineNamed } from './engines.ts';
import type { FieldPath, SourcedObject } from './sourced-object.ts';
import { CLAIM_SPEC, RESOURCES, typed } from './typed.ts';
import type { Workload, WorkloadContainer, WorkloadStorage } from './workload.ts';

/** More is a typing error; the API server's own numbers end at 2^31. */
const MOST_INSTANCES = 100_000;

/** How one kind is read. `*` in a path stands for each element of a list. */
interface CustomForm {
  readonly group: string;
  readonly kind: string;
  readonly engine: string;
  /** Every path that is there counts; several are summed. */
  readonly replicas: readonly (readonly string[])[];
  /** Number of instances where the resource does not say. */
  readonly defaultReplicas: number;
  /** Paths of a PersistentVolumeClaimSpec, or of fields named size and storageClass (or class) in its stead. */
  readonly storage: readonly (readonly string[])[];
  /** Where the resources of the engine's container stand. */
  readonly resources: readonly string[];
  /** Where its image stands, if the resource has one. */
  readonly image: readonly string[];
}

const FORMS: readonly CustomForm[] = [
  {
    group: 'crdb.cockroachlabs.com',
    kind: 'CrdbCluster',
    engine: 'cockroachdb',
    replicas: [['nodes']],
    defaultReplicas: 3,
    storage: [['dataStore', 'pvc', 'spec']],
    resources: ['resources'],
    image: ['image', 'name'],
  },
  {
    group: 'postgresql.cnpg.io',
    kind: 'Cluster',
    engine: 'postgresql',
    replicas: [['instances']],
    defaultReplicas: 1,
    storage: [['storage'], ['walStorage']],
    resources: ['resources'],
    image: ['imageName'],
  },
  {
    group: 'kafka.strimzi.io',
    kind: 'Kafka',
    engine: 'kafka',
    replicas: [['kafka', 'replicas']],
    defaultReplicas: 0,
    storage: [
      ['kafka', 'storage'],
      ['kafka', 'storage', 'volumes', '*'],
    ],
    resources: ['kafka', 'resources'],
    image: ['kafka', 'image'],
  },
  {
    group: 'kafka.strimzi.io',
    kind: 'KafkaNodePool',
    engine: 'kafka',
    replicas: [['replicas']],
    defaultReplicas: 1,
    storage: [['storage'], ['storage', 'volumes', '*']],
    resources: ['resources'],
    image: [],
  },
  {
    group: 'pxc.percona.com',
    kind: 'PerconaXtraDBCluster',
    engine: 'mysql',
    replicas: [['pxc', 'size']],
    defaultReplicas: 3,
    storage: [['pxc', 'volumeSpec', 'persistentVolumeClaim']],
    resources: ['pxc', 'resources'],
    image: ['pxc', 'image'],
  },
  {
    group: 'psmdb.percona.com',
    kind: 'PerconaServerMongoDB',
    engine: 'mongodb',
    replicas: [['replsets', '*', 'size']],
    defaultReplicas: 3,
    storage: [['replsets', '*', 'volumeSpec', 'persistentVolumeClaim']],
    resources: ['replsets', '*', 'resources'],
    image: ['image'],
  },
  {
    group: 'pgv2.percona.com',
    kind: 'PerconaPGCluster',
    engine: 'postgresql',
    replicas: [['instances', '*', 'replicas']],
    defaultReplicas: 1,
    storage: [['instances', '*', 'dataVolumeClaimSpec']],
    resources: ['instances', '*', 'resources'],
    image: ['image'],
  },
  {
    group: 'postgres-operator.crunchydata.com',
    kind: 'PostgresCluster',
    engine: 'postgresql',
    replicas: [['instances', '*', 'replicas']],
    defaultReplicas: 1,
    storage: [['instances', '*', 'dataVolumeClaimSpec']],
    resources: ['instances', '*', 'resources'],
    image: ['image'],
  },
  {
    group: 'databases.spotahome.com',
    kind: 'RedisFailover',
    engine: 'redis',
    replicas: [['redis', 'replicas']],
    defaultReplicas: 3,
    storage: [['redis', 'storage', 'persistentVolumeClaim', 'spec']],
    resources: ['redis', 'resources'],
    image: ['redis', 'image'],
  },
  {
    group: 'apps.kubeblocks.io',
    kind: 'Cluster',
    engine: '',
    replicas: [['componentSpecs', '*', 'replicas']],
    defaultReplicas: 1,
    storage: [['componentSpecs', '*', 'volumeClaimTemplates', '*', 'spec']],
    resources: ['componentSpecs', '*', 'resources'],
    image: [],
  },
];

/** undefined for other kinds. */
export function readCustomWorkload(source: SourcedObject, engines: readonly Engine[]): Workload | undefined {
  const group = source.apiVersion.split('/')[0];
  const known = FORMS.find((one) => one.group === group && one.kind === source.kind);
  if (!known) return undefined;
  const counts = known.replicas
    .flatMap((path) => expand(source.object, ['spec', ...path]))
    .filter(({ value }) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_INSTANCES)
    .map(({ path, value }) => ({ replicas: Number(value), path }));
  const groups = counts.length === 0 ? [{ replicas: known.defaultReplicas, path: ['spec'] }] : counts;
  return {
    source,
    replicas: groups.reduce((sum, { replicas }) => sum + replicas, 0),
    replicasPath: groups[0]?.path ?? ['spec'],
    groups,
    template: undefined,
    storage: known.storage.flatMap((path) => expand(source.object, ['spec', ...path]).flatMap(storageAt)),
    containers: containersOf(source, known),
    engine: engineNamed(known.engine, engines),
    database: [{ path: ['kind'], reason: `${source.kind} of ${group} is a database that its operator runs` }],
  };
}

/** A container for each place that gives resources, else one that points at the whole. */
function containersOf(source: SourcedObject, known: CustomForm): readonly WorkloadContainer[] {
  const [image] = known.image.length === 0 ? [] : expand(source.object, ['spec', ...known.image]);
  const common = {
    name: known.kind,
    image: image !== undefined && typeof image.value === 'string' ? { value: image.value, path: image.path } : undefined,
    spec: undefined,
  };
  const resources = expand(source.object, ['spec', ...known.resources]).filter(({ value }) => isRecord(value));
  if (resources.length === 0) return [{ ...common, path: ['spec'], resources: undefined }];
  return resources.map(({ path, value }) => ({
    ...common,
    path,
    resources: { value: typed<ResourceRequirements>(RESOURCES, value) ?? {}, path },
  }));
}

interface Found {
  readonly path: FieldPath;
  readonly value: unknown;
}

function expand(root: unknown, path: readonly string[], at: FieldPath = []): readonly Found[] {
  const [step, ...rest] = path;
  if (step === undefined) return [{ path: at, value: root }];
  if (step === '*') return Array.isArray(root) ? root.flatMap((item: unknown, index) => expand(item, rest, [...at, index])) : [];
  return isRecord(root) && step in root ? expand(root[step], rest, [...at, step]) : [];
}

function storageAt({ path, value }: Found): readonly WorkloadStorage[] {
  if (!isRecord(value)) return [];
  const type = value['type'];
  if (type === 'jbod') return [];
  const source = type === 'ephemeral' ? 'emptyDir' : 'claim';
  return [
    {
      name: path.filter((step) => step !== 'spec').join('.'),
      path,
      source,
      claim: source === 'claim' ? claimOf(value) : undefined,
      claimName: undefined,
      perInstance: true,
      mountPaths: [],
      holdsState: true,
    },
  ];
}

/** CloudNativePG says size and storageClass, or a whole pvcTemplate; Strimzi says class. */
function claimOf(value: Readonly<Record<string, unknown>>): PersistentVolumeClaimSpec {
  const template = isRecord(value['pvcTemplate']) ? value['pvcTemplate'] : isRecord(value['resources']) ? value : undefined;
  if (template) return typed<PersistentVolumeClaimSpec>(CLAIM_SPEC, template) ?? {};
  const className = value['storageClass'] ?? value['class'];
  return {
    accessModes: ['ReadWriteOnce'],
    ...(typeof className === 'string' ? { storageClassName: className } : {}),
    ...(typeof value['size'] === 'string' ? { resources: { requests: { storage: value['size'] } } } : {}),
  };
}

/** Whether rules know the kind. */
export function isCustomWorkload(apiVersion: string, kind: string): boolean {
  return FORMS.some((one) => one.kind === kind && apiVersion.startsWith(`${one.group}/`));
}

/** Groups of further data operators, whose objects are not read here but hold databases all the same. */
const OTHER_OPERATORS: ReadonlySet<string> = new Set([
  'acid.zalan.do',
  'cassandra.datastax.com',
  'clickhouse.altinity.com',
  'druid.apache.org',
  'elasticsearch.k8s.elastic.co',
  'k8s.mariadb.com',
  'k8ssandra.io',
  'kafka.banzaicloud.io',
  'mongodbcommunity.mongodb.com',
  'mysql.oracle.com',
  'opensearch.opster.io',
  'opensearch.org',
  'ps.percona.com',
  'rabbitmq.com',
  'redis.redis.opstreelabs.in',
  'scylla.scylladb.com',
]);

/** Whether a data operator's kinds are in the group. */
export function isOperatorGroup(group: string): boolean {
  return OTHER_OPERATORS.has(group) || FORMS.some((one) => one.group === group);
}
