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
}

/** Sources: each image's own documentation of its ports and of its VOLUME. */
export const ENGINES: readonly Engine[] = [
  engine('cockroachdb', /^cockroach(db)?$/, 26257, ['/cockroach/cockroach-data', '/cockroach-data'], true),
  engine(
    'postgresql',
    /^(postgres(ql)?(-ha|-repmgr)?|timescaledb(-ha)?|postgis|spilo(-\d+)?|crunchy-postgres.*)$/,
    5432,
    ['/var/lib/postgresql', '/bitnami/postgresql', '/pgdata', '/home/postgres/pgdata'],
    false,
  ),
  engine(
    'mysql',
    /^(mysql(-server)?|percona(-server|-xtradb-cluster)?|mariadb(-galera)?)$/,
    3306,
    ['/var/lib/mysql', '/bitnami/mysql', '/bitnami/mariadb'],
    false,
  ),
  engine(
    'mongodb',
    /^(mongo(db)?(-community-server|-enterprise-server)?|percona-server-mongodb)$/,
    27017,
    ['/data/db', '/data/configdb', '/bitnami/mongodb'],
    true,
  ),
  engine(
    'redis',
    /^(redis(-cluster|-stack(-server)?)?|valkey|keydb|dragonfly)$/,
    6379,
    ['/data', '/bitnami/redis/data', '/bitnami/valkey/data'],
    false,
  ),
  engine('etcd', /^etcd$/, 2379, ['/var/lib/etcd', '/var/run/etcd', '/bitnami/etcd', '/etcd-data', '/var/etcd'], true),
  engine('zookeeper', /^zookeeper$/, 2181, ['/data', '/datalog', '/bitnami/zookeeper', '/var/lib/zookeeper'], true),
  engine('kafka', /^(kafka|cp-kafka|cp-server|redpanda)$/, 9092, ['/var/lib/kafka', '/bitnami/kafka', '/kafka', '/var/lib/redpanda'], true),
  engine(
    'cassandra',
    /^(cassandra|scylla|dse-server)$/,
    9042,
    ['/var/lib/cassandra', '/cassandra_data', '/var/lib/scylla', '/bitnami/cassandra'],
    false,
  ),
  engine(
    'elasticsearch',
    /^(elasticsearch|opensearch)$/,
    9200,
    ['/usr/share/elasticsearch/data', '/usr/share/opensearch/data', '/bitnami/elasticsearch'],
    true,
  ),
  engine('rabbitmq', /^rabbitmq$/, 5672, ['/var/lib/rabbitmq', '/bitnami/rabbitmq'], true),
  engine('clickhouse', /^clickhouse(-server)?$/, 9000, ['/var/lib/clickhouse', '/bitnami/clickhouse'], false),
  engine('nats', /^nats$/, 4222, ['/data/jetstream', '/data'], true),
];

/** The engine by its name. */
export function engineNamed(name: string): Engine | undefined {
  return ENGINES.find((one) => one.name === name);
}

/** The engine that the image is of: 'docker.io/bitnami/postgresql:16' is postgresql; exporters and clients are none. */
export function engineOfImage(image: string): Engine | undefined {
  const name =
    image
      .replace(/@.*$/, '')
      .replace(/:[^/:]*$/, '')
      .split('/')
      .at(-1) ?? '';
  return ENGINES.find((one) => one.image.test(name));
}

/** Whether the path is, or lies below, or holds a data folder of the engine. */
export function isDataPath({ dataPaths }: Engine, mountPath: string): boolean {
  const path = mountPath.replace(/\/+$/, '');
  return dataPaths.some(
    (data) => path === data || path.startsWith(`${data}/`) || (path.split('/').length > 2 && data.startsWith(`${path}/`)),
  );
}

function engine(name: string, image: RegExp, port: number, dataPaths: readonly string[], quorum: boolean): Engine {
  return { name, image, port, dataPaths, quorum };
}
