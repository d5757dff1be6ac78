// The OpenAPI v3 document of one group version: a path for each resource with the operations that clients look at, and the
// schemas of all kinds. kubectl learns from it whether the server validates fields, runs dry and knows field managers, explains
// kinds by it, and computes strategic merge patches by its merge keys.
import { type GroupDef, type GroupVersionKindName, type ResourceDef, typeNameOf } from '@holdfast/schema';
import { CUSTOM_BASE, customSchemas, customTypeName, refTo, type Schema, schemasOf } from './schemas.ts';

const JSON_TYPES = ['application/json', 'application/yaml'];
const PATCH_TYPES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];
const STRATEGIC = 'application/strategic-merge-patch+json';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const PATCH = `${META}.Patch`;

/** The schema of a custom resource's version, as its definition states it. */
export interface CustomSchema {
  readonly listKind: string;
  readonly openAPIV3Schema: Schema;
}

export interface DocumentOptions {
  readonly group: string;
  readonly version: GroupDef['versions'][number];
  /** Undefined for built-in resources. */
  readonly customSchemaOf: (resource: string) => CustomSchema | undefined;
  readonly serverVersion: string;
}

/** Path of a group version below /openapi/v3/: 'api/v1', 'apis/apps/v1'. */
export function documentPath(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

export function openApiDocument({ group, version, customSchemaOf, serverVersion }: DocumentOptions): object {
  const root = `/${documentPath(group, version.version)}`;
  const schemas: Record<string, Schema> = {};
  const builtIn = new Set<string>([`${META}.DeleteOptions`, `${META}.Status`]);
  const paths: Record<string, object> = {};
  for (const resource of version.resources) {
    const gvk = { group, version: version.version, kind: resource.kind };
    const custom = customSchemaOf(resource.name);
    const list = custom?.listKind ?? `${resource.kind}List`;
    if (custom) {
      for (const name of CUSTOM_BASE) builtIn.add(name);
      Object.assign(schemas, customSchemas(gvk, list, custom.openAPIV3Schema));
    }
    const names = {
      object: custom ? customTypeName(gvk) : (typeNameOf(gvk) ?? ''),
      list: custom ? customTypeName({ ...gvk, kind: list }) : (typeNameOf({ ...gvk, kind: list }) ?? ''),
    };
    if (!custom) for (const name of Object.values(names)) if (name !== '') builtIn.add(name);
    Object.assign(paths, pathsOf({ root, resource, gvk, names, custom: custom !== undefined }, builtIn));
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: serverVersion },
    paths,
    components: { schemas: { ...schemasOf([...builtIn]), ...schemas, [PATCH]: { type: 'object', description: 'A patch of an object.' } } },
  };
}

interface PathsOptions {
  readonly root: string;
  readonly resource: ResourceDef;
  readonly gvk: GroupVersionKindName;
  readonly names: { readonly object: string; readonly list: string };
  readonly custom: boolean;
}

function pathsOf(options: PathsOptions, builtIn: Set<string>): Readonly<Record<string, object>> {
  const { root, resource, gvk, names, custom } = options;
  const collection = `${root}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.name}`;
  const scope = resource.namespaced ? [pathParameter('namespace')] : [];
  const paths: Record<string, object> = {};
  const add = (path: string, parameters: readonly object[], item: ItemOptions): void => {
    const operations = operationsOf(item);
    if (Object.keys(operations).length > 0) paths[path] = { ...operations, parameters };
  };
  const one = { gvk, object: names.object, custom, resource };
  const both = resource.verbs;
  add(collection, scope, {
    ...one,
    verbs: both.filter((verb) => ['list', 'create', 'deletecollection'].includes(verb)),
    answer: names.list,
  });
  add(`${collection}/{name}`, [pathParameter('name'), ...scope], {
    ...one,
    verbs: both.filter((verb) => ['get', 'update', 'patch', 'delete'].includes(verb)),
  });
  for (const sub of resource.subresources ?? []) {
    const subGvk = { group: sub.group ?? gvk.group, version: sub.version ?? gvk.version, kind: sub.kind };
    const typeName = sub.kind === gvk.kind ? names.object : typeNameOf(subGvk);
    if (!typeName) continue;
    if (!custom || sub.kind !== gvk.kind) builtIn.add(typeName);
    add(`${collection}/{name}/${sub.name}`, [pathParameter('name'), ...scope], { ...one, gvk: subGvk, object: typeName, verbs: sub.verbs });
  }
  return paths;
}

interface ItemOptions {
  readonly gvk: GroupVersionKindName;
  readonly resource: ResourceDef;
  /** Names of the types that are sent, and answered where that is another. */
  readonly object: string;
  readonly answer?: string;
  readonly verbs: readonly string[];
  readonly custom: boolean;
}

const METHODS: Readonly<Record<string, string>> = {
  get: 'get',
  list: 'get',
  create: 'post',
  update: 'put',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete',
};
const WORDS: Readonly<Record<string, string>> = {
  get: 'read the specified',
  list: 'list or watch objects of kind',
  create: 'create a',
  update: 'replace the specified',
  patch: 'partially update the specified',
  delete: 'delete a',
  deletecollection: 'delete collection of',
};

function operationsOf(item: ItemOptions): Readonly<Record<string, object>> {
  return Object.fromEntries(item.verbs.flatMap((verb) => (METHODS[verb] ? [[METHODS[verb], operation(item, verb)] as const] : [])));
}

function operation({ gvk, resource, object, answer = object, custom }: ItemOptions, verb: string): object {
  const body = bodyOf(verb, object, custom);
  return {
    description: `${WORDS[verb]} ${gvk.kind}`,
    operationId: `${verb}${resource.namespaced ? 'Namespaced' : ''}${gvk.kind}`,
    parameters: parametersOf(verb),
    ...(body ? { requestBody: { content: body, required: true } } : {}),
    responses: { '200': { description: 'OK', content: contentOf(JSON_TYPES, verb.startsWith('delete') ? `${META}.Status` : answer) } },
    'x-kubernetes-action': verb === 'create' ? 'post' : verb === 'update' ? 'put' : verb,
    'x-kubernetes-group-version-kind': gvk,
  };
}

function bodyOf(verb: string, object: string, custom: boolean): object | undefined {
  if (verb === 'create' || verb === 'update') return contentOf(['application/json'], object);
  if (verb === 'patch') return contentOf(custom ? PATCH_TYPES : [...PATCH_TYPES, STRATEGIC], PATCH);
  return verb.startsWith('delete') ? contentOf(['application/json'], `${META}.DeleteOptions`) : undefined;
}

function contentOf(types: readonly string[], typeName: string): object {
  return Object.fromEntries(types.map((type) => [type, { schema: refTo(typeName) }]));
}

function parametersOf(verb: string): readonly object[] {
  const text = (name: string): object => queryParameter(name, 'string');
  switch (verb) {
    case 'list':
      return [
        ...['continue', 'fieldSelector', 'labelSelector', 'resourceVersion', 'resourceVersionMatch'].map(text),
        queryParameter('limit', 'integer'),
        queryParameter('watch', 'boolean'),
      ];
    case 'create':
    case 'update':
      return ['dryRun', 'fieldManager', 'fieldValidation'].map(text);
    case 'patch':
      return [...['dryRun', 'fieldManager', 'fieldValidation'].map(text), queryParameter('force', 'boolean')];
    case 'delete':
    case 'deletecollection':
      return [text('dryRun'), text('propagationPolicy'), queryParameter('gracePeriodSeconds', 'integer')];
    default:
      return [];
  }
}

function pathParameter(name: string): object {
  return { name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } };
}

function queryParameter(name: string, type: string): object {
  return { name, in: 'query', schema: { type, uniqueItems: true } };
}
