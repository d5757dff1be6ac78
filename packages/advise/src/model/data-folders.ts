// Where an image writes unless it is told otherwise, and which of its folders the container runtime covers with a volume of its own.
import type { Container } from '@holdfast/schema';
import { imageTag } from '@holdfast/schema';

/** A folder that an image keeps data in. */
export interface DataFolder {
  readonly folder: string;
  /** Environment variable that moves it. */
  readonly variable: string;
}

/** An image whose folders are known. */
interface ImageFolders {
  /** Repository without registry, and without library/. */
  readonly repository: RegExp;
  /** Of versions below this; later ones moved their data. */
  readonly below?: number;
  readonly folders: readonly DataFolder[];
  /** Paths that the image declares as VOLUME: where nothing is mounted exactly there, the runtime mounts an empty folder that goes with the container. */
  readonly volumes: readonly string[];
  /** Folder of configuration files, which may say something else. */
  readonly configuration: string;
}

/** Source: the Dockerfile of each image. */
const IMAGES: readonly ImageFolders[] = [
  {
    repository: /^(postgres|postgis\/postgis|timescale\/timescaledb)$/,
    below: 18,
    folders: [{ folder: '/var/lib/postgresql/data', variable: 'PGDATA' }],
    volumes: ['/var/lib/postgresql/data'],
    configuration: '/etc/postgresql',
  },
  {
    repository: /^(mysql|mariadb)$/,
    folders: [{ folder: '/var/lib/mysql', variable: 'MYSQL_DATADIR' }],
    volumes: ['/var/lib/mysql'],
    configuration: '/etc/mysql',
  },
  {
    repository: /^mongo$/,
    folders: [{ folder: '/data/db', variable: 'MONGO_DBPATH' }],
    volumes: ['/data/db', '/data/configdb'],
    configuration: '/etc',
  },
  {
    repository: /^zookeeper$/,
    folders: [
      { folder: '/data', variable: 'ZOO_DATA_DIR' },
      { folder: '/datalog', variable: 'ZOO_DATA_LOG_DIR' },
    ],
    volumes: ['/data', '/datalog', '/logs'],
    configuration: '/conf',
  },
  {
    repository: /^confluentinc\/cp-(kafka|server)$/,
    folders: [{ folder: '/var/lib/kafka/data', variable: 'KAFKA_LOG_DIRS' }],
    volumes: ['/var/lib/kafka/data'],
    configuration: '/etc/kafka',
  },
  {
    repository: /^confluentinc\/cp-zookeeper$/,
    folders: [
      { folder: '/var/lib/zookeeper/data', variable: 'ZOOKEEPER_DATA_DIR' },
      { folder: '/var/lib/zookeeper/log', variable: 'ZOOKEEPER_DATA_LOG_DIR' },
    ],
    volumes: ['/var/lib/zookeeper/data', '/var/lib/zookeeper/log'],
    configuration: '/etc/kafka',
  },
];

/** A folder in which the container keeps data that nothing holds. */
export interface LostFolder {
  readonly folder: string;
  /** The VOLUME of the image that covers what is mounted above it; undefined where nothing is mounted above. */
  readonly hiddenBy: string | undefined;
}

/**
 * Folders of data that no mount of the container holds. None for images that are not known, and for containers whose settings
 * cannot be seen (a command of their own, flags, configuration files, variables from elsewhere).
 */
export function lostFolders({
  image = '',
  command,
  args = [],
  env = [],
  envFrom = [],
  volumeMounts = [],
}: Container): readonly LostFolder[] {
  const known = IMAGES.find(({ repository, below }) => repository.test(repositoryOf(image)) && isBelow(image, below));
  const told = command !== undefined || envFrom.some(({ configMapRef }) => configMapRef !== undefined);
  if (!known || told || args.some((argument) => /data_?-?dir|dbpath|--config|^-[Df]\b/i.test(argument))) return [];
  const mounts = volumeMounts.map(({ mountPath }) => trimmed(mountPath));
  const configured = mounts.some((mount) => isWithin(mount, known.configuration));
  return known.folders.flatMap(({ folder, variable }) => {
    const setting = env.find(({ name }) => name === variable);
    if (setting && setting.value === undefined) return [];
    const data = trimmed(setting?.value ?? folder);
    const nearest = [...mounts, ...known.volumes].filter((place) => isWithin(data, place)).toSorted((a, b) => b.length - a.length)[0];
    if (nearest !== undefined && mounts.includes(nearest)) return [];
    const hides = nearest !== undefined && mounts.some((mount) => isWithin(nearest, mount));
    // Without a mount above it a file of settings may have moved the data.
    return hides || !configured ? [{ folder: data, hiddenBy: hides ? nearest : undefined }] : [];
  });
}

function repositoryOf(image: string): string {
  const name = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  const [first = '', ...rest] = name.split('/');
  const path = rest.length > 0 && /[.:]|^localhost$/.test(first) ? rest.join('/') : name;
  return path.replace(/^library\//, '');
}

function isBelow(image: string, version: number | undefined): boolean {
  if (version === undefined) return true;
  const tag = imageTag(image) ?? '';
  const major = (/-pg(\d+)/.exec(tag) ?? /^(?:pg)?(\d+)/.exec(tag))?.[1];
  return major !== undefined && Number(major) < version;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, '');
}
