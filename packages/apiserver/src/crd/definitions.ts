// From a CustomResourceDefinition to what the registry serves.
import {
  apiVersionOf,
  compileStructural,
  type CustomResourceDefinition,
  type KubeObject,
  mergeTypeOfSchema,
  type SubresourceDef,
} from '@holdfast/schema';
import type { ResourceDefinition } from '../registry/resource-definition.ts';
import { compileRules } from './cel-module.ts';
import { plainStrategy, type Strategy } from '../strategies/strategy.ts';
import type { CustomVersion } from './custom-version.ts';

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
type CrdVersion = NonNullable<CustomResourceDefinition['spec']>['versions'][number];

/** Whether its objects are being removed. */
export function isTerminating({ metadata: { deletionTimestamp } }: CustomResourceDefinition): boolean {
  return Boolean(deletionTimestamp);
}

/** The definitions of all served versions; the schema must be valid. `watches` is where watches of them say how they are ended. */
export function definitionsOf(crd: CustomResourceDefinition, watches?: Set<() => void>): readonly ResourceDefinition[] {
  const { spec } = crd;
  if (!spec) return [];
  const storage = spec.versions.find((version) => version.storage);
  const storedApiVersion = apiVersionOf({ group: spec.group, version: storage?.name ?? '' });
  return spec.versions
    .filter((version) => version.served)
    .map((version): ResourceDefinition => {
      const own = apiVersionOf({ group: spec.group, version: version.name });
      const custom = customVersion(crd, version);
      return {
        group: spec.group,
        version: version.name,
        resource: spec.names.plural,
        singular: spec.names.singular ?? spec.names.kind.toLowerCase(),
        kind: spec.names.kind,
        listKind: spec.names.listKind ?? `${spec.names.kind}List`,
        namespaced: spec.scope === 'Namespaced',
        verbs: VERBS,
        shortNames: spec.names.shortNames ?? [],
        categories: spec.names.categories ?? [],
        subresources: subresourcesOf(spec.names.kind, version),
        storagePrefix: `${spec.group}/${spec.names.plural}`,
        custom,
        watches,
        strategy: customStrategy(version, custom),
        fromStored: reader(own, custom),
        toStored: (object) => (storedApiVersion === object.apiVersion ? object : { ...object, apiVersion: storedApiVersion }),
      };
    });
}

/** Objects as this version shows them: what was stored before the schema had its defaults gets them as it is read. */
function reader(own: string, { schema }: CustomVersion): (object: KubeObject) => KubeObject {
  const read = new WeakMap<KubeObject, KubeObject>();
  return (object) => {
    const known = read.get(object);
    if (known) return known;
    const shown = schema.applyDefaults(own === object.apiVersion ? object : { ...object, apiVersion: own }) as KubeObject;
    read.set(object, shown);
    return shown;
  };
}

function customVersion(crd: CustomResourceDefinition, version: CrdVersion): CustomVersion {
  const compiled = compileStructural(version.schema?.openAPIV3Schema ?? { type: 'object' }, { rules: compileRules, trusted: true });
  if ('errors' in compiled) throw new Error(`definition ${crd.metadata.name} was stored with a schema that is not structural`);
  const { schema } = compiled;
  const scale = version.subresources?.scale;
  return {
    schema,
    mergeType: mergeTypeOfSchema(schema.root),
    terminating: isTerminating(crd),
    openAPIV3Schema: { ...version.schema?.openAPIV3Schema },
    columns: version.additionalPrinterColumns ?? [],
    selectableFields: (version.selectableFields ?? []).map((field) => field.jsonPath.replace(/^\./, '')),
    scale: scale && {
      specReplicasPath: scale.specReplicasPath,
      statusReplicasPath: scale.statusReplicasPath,
      ...(scale.labelSelectorPath ? { labelSelectorPath: scale.labelSelectorPath } : {}),
    },
    deprecationWarning: version.deprecated
      ? (version.deprecationWarning ?? `${crd.spec?.group}/${version.name} ${crd.spec?.names.kind} is deprecated`)
      : undefined,
    decode: (value) => {
      const pruned = schema.prune(value);
      const object = schema.applyDefaults(pruned.value) as KubeObject;
      return { object: { ...object, metadata: object.metadata ?? {} }, unknownFields: pruned.unknownFields };
    },
  };
}

function customStrategy(version: CrdVersion, custom: CustomVersion): Strategy {
  const statusSubresource = version.subresources?.status !== undefined;
  return {
    ...plainStrategy,
    generation: true,
    unconditionalUpdate: false,
    statusSubresource,
    prepareForCreate: (object) => {
      if (!statusSubresource) return object;
      const { status: _status, ...rest } = object as KubeObject & { readonly status?: unknown };
      return rest;
    },
    validate: () => [],
    validateCreate: (object) => custom.schema.validate(object),
    // What an update leaves as it was is not held against it, though the schema may have changed.
    validateUpdate: (object, old) => custom.schema.validate(object, { old }),
    validateStatus: (object, old) => custom.schema.validate(object, { old }),
  };
}

function subresourcesOf(kind: string, version: CrdVersion): readonly SubresourceDef[] {
  return [
    ...(version.subresources?.status ? [{ name: 'status', kind, verbs: ['get', 'patch', 'update'] }] : []),
    ...(version.subresources?.scale
      ? [{ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] }]
      : []),
  ];
}
