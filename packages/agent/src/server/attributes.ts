// What a request to the kubelet's API means to those who decide about access: a verb on a part of the node.

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Paths with a right of their own; all else, exec and logs of containers included, is `nodes/proxy`. */
const SUBRESOURCES: readonly (readonly [path: string, subresource: string])[] = [
  ['/stats', 'stats'],
  ['/metrics', 'metrics'],
  ['/logs', 'log'],
  ['/checkpoint', 'checkpoint'],
];

export interface NodeAttributes {
  readonly verb: string;
  readonly subresource: string;
}

/** As the kubelet maps them. Methods without a verb have none, which no role allows. */
export function nodeAttributes({ method, path }: { readonly method: string; readonly path: string }): NodeAttributes {
  const own = SUBRESOURCES.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
  return { verb: VERBS[method] ?? '', subresource: own?.[1] ?? 'proxy' };
}
