// Answers discovery requests: what groups, versions and resources there are.
import { createHash } from 'node:crypto';
import type { ApiRequest, ApiResponse, GroupDef } from '@holdfast/schema';
import { covers, parseAccept } from '../negotiation/accept.ts';
import { aggregatedDiscovery, aggregatedMediaType, type AggregatedVersion } from './aggregated.ts';
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './legacy.ts';

export interface DiscoveryOptions {
  /**
   * All groups that are served now, the core group ('') first, in order of priority. Answers are kept for as long as the
   * same array is returned, so return a new one whenever something has changed and the old one otherwise.
   */
  readonly groups: () => readonly GroupDef[];
  /** 'host:port' of the server. */
  readonly serverAddress: string;
}

/** Answers GET of a discovery path; undefined for paths that are none or that name a group that is not served. */
export type Discovery = (request: Pick<ApiRequest, 'path' | 'headers'>) => ApiResponse | undefined;

interface Answer {
  readonly object: object;
  readonly encoded: Uint8Array;
  readonly etag: string;
}

const AGGREGATED: readonly AggregatedVersion[] = ['v2', 'v2beta1'];

export function createDiscovery({ groups: current, serverAddress }: DiscoveryOptions): Discovery {
  let groups: readonly GroupDef[] | undefined;
  let answers = new Map<string, Answer>();

  return ({ path: rawPath, headers }) => {
    const path = rawPath.length > 1 && rawPath.endsWith('/') ? rawPath.slice(0, -1) : rawPath;
    const now = current();
    if (now !== groups) {
      groups = now;
      answers = new Map();
    }
    const aggregated = path === '/api' || path === '/apis' ? aggregatedVersion(headers['accept']) : undefined;
    const key = `${path} ${aggregated ?? ''}`;
    const answer = answers.get(key) ?? build(path, aggregated, now, serverAddress);
    if (!answer) return undefined;
    answers.set(key, answer);
    return respondWith(answer, aggregated ? aggregatedMediaType(aggregated) : undefined, headers['if-none-match']);
  };
}

function respondWith({ object, encoded, etag }: Answer, contentType: string | undefined, known: string | undefined): ApiResponse {
  const headers = { etag, vary: 'Accept', 'cache-control': 'public', ...(contentType ? { 'content-type': contentType } : {}) };
  if (known === etag) return { kind: 'bytes', status: 304, headers, bytes: new Uint8Array() };
  return { kind: 'object', status: 200, headers, object, encoded };
}

/** The first clause decides: a client that prefers plain JSON gets the many answers. */
function aggregatedVersion(accept: string | undefined): AggregatedVersion | undefined {
  for (const clause of parseAccept(accept)) {
    const { g, v, as } = clause.parameters;
    if (!covers(clause, 'application/json')) continue;
    if (as === undefined) return undefined;
    const version = AGGREGATED.find((known) => known === v);
    if (version && g === 'apidiscovery.k8s.io' && as === 'APIGroupDiscoveryList') return version;
  }
  return undefined;
}

function build(
  path: string,
  aggregated: AggregatedVersion | undefined,
  groups: readonly GroupDef[],
  serverAddress: string,
): Answer | undefined {
  const object = aggregated ? aggregatedDiscovery(groupsUnder(path, groups), aggregated) : legacyObject(path, groups, serverAddress);
  if (!object) return undefined;
  const encoded = new TextEncoder().encode(JSON.stringify(object));
  return { object, encoded, etag: `"${createHash('sha256').update(encoded).digest('hex').toUpperCase()}"` };
}

function groupsUnder(path: string, groups: readonly GroupDef[]): readonly GroupDef[] {
  return groups.filter(({ group }) => (path === '/api') === (group === ''));
}

function legacyObject(path: string, groups: readonly GroupDef[], serverAddress: string): object | undefined {
  const [root, first, second, ...rest] = path.slice(1).split('/');
  const find = (name: string | undefined): GroupDef | undefined => groups.find(({ group }) => group === name);
  if (rest.length > 0) return undefined;
  if (root === 'api' && second === undefined) {
    const core = find('');
    return first === undefined ? apiVersions(core, serverAddress) : resourcesOf(core, first);
  }
  if (root !== 'apis' || first === '') return undefined;
  if (first === undefined) return apiGroupList(groupsUnder(path, groups));
  const group = find(first);
  return second === undefined ? group && apiGroup(group) : resourcesOf(group, second);
}

function resourcesOf(group: GroupDef | undefined, name: string): object | undefined {
  const version = group?.versions.find((candidate) => candidate.version === name);
  return group && version && apiResourceList(group, version);
}
