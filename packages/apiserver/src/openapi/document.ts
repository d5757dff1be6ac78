// The OpenAPI v3 document of one group version: for each kind the PATCH operation, which is what kubectl looks at to learn
// whether the server validates fields, runs dry and knows field managers. It has no schemas: half a schema would make
// kubectl compute wrong patches, while without any it uses what it was built with.
import type { GroupDef, ResourceDef } from '@holdfast/schema';

const PATCH_TYPES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];
const STRATEGIC = 'application/strategic-merge-patch+json';

export interface DocumentOptions {
  readonly group: string;
  readonly version: GroupDef['versions'][number];
  /** Custom resources have no strategic merge patch. */
  readonly custom: boolean;
  readonly serverVersion: string;
}

/** Path of a group version below /openapi/v3/: 'api/v1', 'apis/apps/v1'. */
export function documentPath(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

export function openApiDocument({ group, version, custom, serverVersion }: DocumentOptions): object {
  const root = `/${documentPath(group, version.version)}`;
  const patchable = version.resources.filter(({ verbs }) => verbs.includes('patch'));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: serverVersion },
    paths: Object.fromEntries(
      patchable.map((resource) => [
        `${root}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.name}/{name}`,
        pathItem(resource, { group, version: version.version, kind: resource.kind }, custom),
      ]),
    ),
    components: { schemas: {} },
  };
}

function pathItem(resource: ResourceDef, gvk: object, custom: boolean): object {
  const content = Object.fromEntries(
    (custom ? PATCH_TYPES : [...PATCH_TYPES, STRATEGIC]).map((type) => [type, { schema: { type: 'object' } }]),
  );
  return {
    parameters: [pathParameter('name'), ...(resource.namespaced ? [pathParameter('namespace')] : [])],
    patch: {
      description: `partially update the specified ${resource.kind}`,
      operationId: `patch${resource.namespaced ? 'Namespaced' : ''}${resource.kind}`,
      parameters: [
        queryParameter('dryRun', 'string'),
        queryParameter('fieldManager', 'string'),
        queryParameter('fieldValidation', 'string'),
        queryParameter('force', 'boolean'),
      ],
      requestBody: { content, required: true },
      responses: { '200': { description: 'OK' }, '201': { description: 'Created' } },
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': gvk,
    },
  };
}

function pathParameter(name: string): object {
  return { name, in: 'path', required: true, schema: { type: 'string' } };
}

function queryParameter(name: string, type: string): object {
  return { name, in: 'query', schema: { type } };
}
