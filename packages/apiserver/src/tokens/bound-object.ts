// What a service account's token may be bound to: with it the token lives and dies.
import { badRequest, conflict, isRecord, type KubeObject, notFound, type Pod } from '@holdfast/schema';
import type { Store } from '@holdfast/store';
import { textOf } from './jwt.ts';

type Reading = Pick<Store<KubeObject>, 'get'>;

/** The part of the claims that says what a token is bound to. Throws for what cannot be bound or is not there. */
export function boundClaims(store: Reading, namespace: string, account: string, reference: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(reference)) return {};
  const { kind, name, uid } = reference;
  const apiVersion = reference['apiVersion'] ?? 'v1';
  const resource = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' }[textOf(kind)];
  if (!resource || apiVersion !== 'v1') throw badRequest(`cannot bind token to object of type ${textOf(apiVersion)}, Kind=${textOf(kind)}`);
  const key = resource === 'nodes' ? `core/nodes/${textOf(name)}` : `core/${resource}/${namespace}/${textOf(name)}`;
  const object = store.get(key)?.value;
  if (!object) throw notFound({ group: '', resource }, textOf(name));
  if (typeof uid === 'string' && uid !== '' && uid !== object.metadata.uid) {
    throw conflict(
      { group: '', resource: textOf(kind) },
      textOf(name),
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  const claim = identity(object);
  if (kind !== 'Pod') return { [textOf(kind).toLowerCase()]: claim };
  const { spec } = object as Pod;
  if (spec?.serviceAccountName !== account)
    throw badRequest(`cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`);
  const node = spec.nodeName ? store.get(`core/nodes/${spec.nodeName}`)?.value : undefined;
  return { pod: claim, ...(node ? { node: identity(node) } : {}) };
}

/** Why a token with these claims is no longer good, or undefined. A pod that has ended still counts for a minute. */
export function boundProblem(
  store: Reading,
  namespace: string,
  holder: Readonly<Record<string, unknown>>,
  now: number,
): string | undefined {
  const kinds: readonly (readonly [string, string])[] = [
    ['serviceaccount', `core/serviceaccounts/${namespace}/`],
    ['pod', `core/pods/${namespace}/`],
    ['secret', `core/secrets/${namespace}/`],
    // The node of a pod is told only; a token bound to the node itself names no pod.
    ...(holder['pod'] ? [] : [['node', 'core/nodes/'] as const]),
  ];
  for (const [kind, prefix] of kinds) {
    const claim = holder[kind];
    if (!isRecord(claim)) continue;
    const found = store.get(`${prefix}${textOf(claim['name'])}`)?.value;
    if (!found || found.metadata.uid !== claim['uid'])
      return `${kind === 'serviceaccount' ? 'service account' : kind} token has been invalidated`;
    const { deletionTimestamp } = found.metadata;
    if (deletionTimestamp && Date.parse(deletionTimestamp) + GRACE_MS < now) return `the ${kind} has been deleted`;
  }
  return undefined;
}

const GRACE_MS = 60_000;

function identity({ metadata }: KubeObject): { readonly name: string | undefined; readonly uid: string | undefined } {
  return { name: metadata.name, uid: metadata.uid };
}
