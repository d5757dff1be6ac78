// What gives a database away, per engine: images, the port clients use, where its data lies, how it agrees.

/** One engine. */
export interface Engine {
  readonly name: string;
  /** The last part of an image's name, without registry and tag. */
  readonly image: RegExp;
  readonly port: number;
  /** Folders below which the engine's images keep the data. */
  readonly dataPaths: readonly string[];
  /** Members vote, so that a majority is needed to go on. */
  readonly quorum: boolean;
  /** 'all': every instance votes, so an even number adds risk and no safety. 'some': the engine picks an odd number of voters itself. */
  readonly voters: 'all' | 'some' | 'none';
  /** Seconds that a clean stop may take: less risks recovery, or lost handover, at every restart. */
  readonly graceSeconds: number;
  /** Where graceSeconds is from. */
  readonly graceSource: string;
  /** 'parallel': an instance is ready only with a quorum of others, so starting one after the other never ends. 'ordered': instances must join one by one. */
  readonly start: 'parallel' | 'ordered' | 'either';
  /** Restarting after a crash may replay a log for minutes. */
  readonly slowRecovery: boolean;
}

/** The grace period of Kubernetes itself. */
const USUAL_GRACE = 30;
const POD_DEFAULT = 'https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination';

type Traits = Pick<Engine, 'quorum' | 'voters' | 'graceSeconds' | 'graceSource' | 'start' | 'slowRecovery'>;

/** Of an engine about which nothing is known. */
export const ORDINARY: Traits = {
  quorum: false,
  voters: 'none',
  graceSeconds: USUAL_GRACE,
  graceSource: POD_DEFAULT,
  start: 'either',
  slowRecovery: false,
};

/** Sources: each image's own documentation of its ports and of its VOLUME, unless a line says otherwise. */
export const ENGINES: readonly Engine[] = [
  engine('cockroachdb', /^cockroach(db)?$/, 26257, ['/cockroach/cockroach-data', '/cockroach-data'], {
    quorum: true,
    voters: 'some',
    graceSeconds: 60,
    graceSource: 'https://www.cockroachlabs.com/docs/stable/node-shutdown#termination-grace-period-on-kubernetes',
    start: 'parallel',
    slowRecovery: true,
  }),
  engine(
    'postgresql',
    /^(postgres(ql)?(-ha|-repmgr)?|timescaledb(-ha)?|postgis|spilo(-\d+)?|crunchy-postgres.*)$/,
    5432,
    ['/var/lib/postgresql', '/bitnami/postgresql', '/pgdata', '/home/postgres/pgdata'],
    { slowRecovery: true },
  ),
  engine(
    'mysql',
    /^(mysql(-server)?|percona(-server|-xtradb-cluster)?|mariadb(-galera)?)$/,
    3306,
    ['/var/lib/mysql', '/bitnami/mysql', '/bitnami/mariadb'],
    { slowRecovery: true },
  ),
  engine(
    'mongodb',
    /^(mongo(db)?(-community-server|-enterprise-server)?|percona-server-mongodb)$/,
    27017,
    ['/data/db', '/data/configdb', '/bitnami/mongodb'],
    { quorum: true, voters: 'all', slowRecovery: true },
  ),
  engine(
    'redis',
    /^(redis(-cluster|-stack(-server)?)?|valkey|keydb|dragonfly)$/,
    6379,
    ['/data', '/bitnami/redis/data', '/bitnami/valkey/data'],
    {},
  ),
  engine('etcd', /^etcd$/, 2379, ['/var/lib/etcd', '/var/run/etcd', '/bitnami/etcd', '/etcd-data', '/var/etcd'], {
    quorum: true,
    voters: 'all',
    start: 'parallel',
  }),
  engine('zookeeper', /^zookeeper$/, 2181, ['/data', '/datalog', '/bitnami/zookeeper', '/var/lib/zookeeper'], {
    quorum: true,
    voters: 'all',
  }),
  engine('kafka', /^(kafka|cp-kafka|cp-server|redpanda)$/, 9092, ['/var/lib/kafka', '/bitnami/kafka', '/kafka', '/var/lib/redpanda'], {
    quorum: true,
    voters: 'some',
    slowRecovery: true,
  }),
  engine(
    'cassandra',
    /^(cassandra|scylla|dse-server)$/,
    9042,
    ['/var/lib/cassandra', '/cassandra_data', '/var/lib/scylla', '/bitnami/cassandra'],
    {
      graceSeconds: 60,
      graceSource: 'https://kubernetes.io/docs/tutorials/stateful-application/cassandra/',
      start: 'ordered',
      slowRecovery: true,
    },
  ),
  engine(
    'elasticsearch',
    /^(elasticsearch|opensearch)$/,
    9200,
    ['/usr/share/elasticsearch/data', '/usr/share/opensearch/data', '/bitnami/elasticsearch'],
    { quorum: true, voters: 'some', slowRecovery: true },
  ),
  engine('rabbitmq', /^rabbitmq$/, 5672, ['/var/lib/rabbitmq', '/bitnami/rabbitmq'], {
    quorum: true,
    voters: 'some',
    graceSeconds: 60,
    graceSource: 'https://www.rabbitmq.com/kubernetes/operator/using-operator#graceful-shutdown',
    start: 'parallel',
  }),
  engine('clickhouse', /^clickhouse(-server)?$/, 9000, ['/var/lib/clickhouse', '/bitnami/clickhouse'], { slowRecovery: true }),
  engine('nats', /^nats$/, 4222, ['/data/jetstream', '/data'], {
    quorum: true,
    voters: 'some',
    graceSeconds: 60,
    graceSource: 'https://docs.nats.io/running-a-nats-service/nats_admin/lame_duck_mode',
  }),
];

/** The engine by its name. */
export function engineNamed(name: string, engines: readonly Engine[] = ENGINES): Engine | undefined {
  return engines.find((one) => one.name === name);
}

/** The engine that the image is of: 'docker.io/bitnami/postgresql:16' is postgresql; exporters and clients are none. */
export function engineOfImage(image: string, engines: readonly Engine[] = ENGINES): Engine | undefined {
  const name =
    image
      .replace(/@.*$/, '')
      .replace(/:[^/:]*$/, '')
      .split('/')
      .at(-1) ?? '';
  return engines.find((one) => one.image.test(name));
}

/** Whether the path is, or lies below, or holds a data folder of the engine. */
export function isDataPath({ dataPaths }: Engine, mountPath: string): boolean {
  const path = mountPath.replace(/\/+$/, '');
  return dataPaths.some(
    (data) => path === data || path.startsWith(`${data}/`) || (path.split('/').length > 2 && data.startsWith(`${path}/`)),
  );
}

function engine(name: string, image: RegExp, port: number, dataPaths: readonly string[], traits: Partial<Traits>): Engine {
  return { name, image, port, dataPaths, ...ORDINARY, ...traits };
}
