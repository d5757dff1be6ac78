// Which image a cluster runs and which version of CockroachDB that is.
import type { CrdbClusterSpec } from './crdb-cluster.ts';
import type { Problem } from './validation.ts';

export interface ResolvedImage {
  readonly image: string;
  /** As the tag has it: 'v24.3.2'. */
  readonly version: string;
}

/** Versions that `cockroachDBVersion` may name, with their images; empty: every version, under the usual name. */
export type SupportedVersions = ReadonlyMap<string, string>;

const ENV_PREFIX = 'RELATED_IMAGE_COCKROACH_';
const USUAL_REPOSITORY = 'cockroachdb/cockroach';

/** RELATED_IMAGE_COCKROACH_v24_3_2=repo:tag, as upstream's Deployment carries them. */
export function supportedVersions(env: Readonly<Record<string, string | undefined>>): SupportedVersions {
  const entries = Object.entries(env).flatMap(([name, image]): [string, string][] =>
    name.startsWith(ENV_PREFIX) && image ? [[name.slice(ENV_PREFIX.length).replaceAll('_', '.').toLowerCase(), image]] : [],
  );
  return new Map(entries);
}

/** The image and its version, by the image's tag (docs/adr/0010). */
export function resolveImage({ image, cockroachDBVersion }: CrdbClusterSpec, supported: SupportedVersions): ResolvedImage | Problem {
  if (cockroachDBVersion) return fromVersion(cockroachDBVersion, supported);
  const name = image?.name ?? '';
  const tag = tagOf(name);
  if (tag !== undefined && parseVersion(tag)) return { image: name, version: tag };
  const what = tag === undefined ? 'has no tag' : `has the tag ${tag}, which is no version of CockroachDB`;
  return refusal(
    'VersionUnknown',
    `the version cannot be told, since the image ${name} ${what}: name it with its version, for example ${USUAL_REPOSITORY}:v24.3.2`,
  );
}

/** Year, release and patch of a version; undefined when it is none. */
export function parseVersion(text: string): { readonly year: number; readonly release: number; readonly patch: number } | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:[-+.].*)?$/.exec(text);
  return match ? { year: Number(match[1]), release: Number(match[2]), patch: Number(match[3]) } : undefined;
}

/** Since v21.1 logging is configured by --log. */
export function hasLogFlag(version: string): boolean {
  const parsed = parseVersion(version);
  return parsed !== undefined && (parsed.year > 21 || (parsed.year === 21 && parsed.release >= 1));
}

function fromVersion(wanted: string, supported: SupportedVersions): ResolvedImage | Problem {
  const version = wanted.toLowerCase();
  const image = supported.size > 0 ? supported.get(version) : `${USUAL_REPOSITORY}:${version}`;
  if (image !== undefined && version.startsWith('v') && parseVersion(version)) return { image, version };
  const known = [...supported.keys()].slice(-5).join(', ');
  const remedy = known === '' ? 'name one of the form v24.3.2' : `name one that this operator supports, such as ${known}`;
  return refusal(
    'VersionNotSupported',
    `crdb version ${wanted} not supported: ${remedy}, or set spec.image.name instead of spec.cockroachDBVersion`,
  );
}

/** The tag of 'registry:5000/repo:tag@sha256:…'; undefined without one. */
function tagOf(image: string): string | undefined {
  const last = image.split('@', 1)[0]?.split('/').at(-1) ?? '';
  const colon = last.indexOf(':');
  return colon < 0 ? undefined : last.slice(colon + 1);
}

function refusal(reason: string, message: string): Problem {
  return { action: 'VersionCheckerAction', reason, message };
}
