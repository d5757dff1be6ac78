// Status of a definition: whether its names are free, whether it is served, in which versions objects may be stored.
import type { CustomResourceDefinition, KubeObject } from '@holdfast/schema';
import type { NameRegistry, ResourceNames } from '../strategies/strategy.ts';
import { approvalOf } from './api-approval.ts';

type Crd = CustomResourceDefinition & KubeObject;
type Condition = NonNullable<NonNullable<CustomResourceDefinition['status']>['conditions']>[number];
type Names = NonNullable<CustomResourceDefinition['spec']>['names'];

/** Names that other resources of the group have. */
export interface TakenNames {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/** Names that are taken in a group, besides those of the definition called `name`. */
export function takenNames(registry: NameRegistry, group: string, name: string): TakenNames {
  const others = registry
    .groupDefs()
    .filter((candidate) => candidate.group === group)
    .flatMap(({ versions }) =>
      versions.flatMap(({ version, resources }) => resources.map((one) => registry.find(group, version, one.name))),
    )
    .filter((one): one is ResourceNames => one !== undefined && `${one.resource}.${one.group}` !== name);
  return {
    resources: new Set(others.flatMap((one) => [one.resource, one.singular, ...one.shortNames])),
    kinds: new Set(others.flatMap((one) => [one.kind, one.listKind])),
  };
}

/** The definition with the status that its spec and its neighbours give it. */
export function withStatus(crd: Crd, taken: TakenNames, now: string): KubeObject {
  const { spec, status } = crd;
  if (!spec) return crd;
  const wanted: Names = {
    ...spec.names,
    singular: spec.names.singular || spec.names.kind.toLowerCase(),
    listKind: spec.names.listKind || `${spec.names.kind}List`,
  };
  const conflict = conflictOf(wanted, status?.acceptedNames, taken);
  const had = status?.conditions ?? [];
  const wasEstablished = had.some((condition) => condition.type === 'Established' && condition.status === 'True');
  const approval = approvalOf(crd);
  let conditions = had;
  const set = (type: string, state: string, reason: string, message: string): void => {
    conditions = setCondition(conditions, { type, status: state, reason, message }, now);
  };
  if (conflict) set('NamesAccepted', 'False', conflict.reason, conflict.message);
  else set('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found');
  if (!wasEstablished) {
    if (conflict) set('Established', 'False', 'NotAccepted', 'not all names are accepted');
    else set('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted');
  }
  if (approval) set('KubernetesAPIApprovalPolicyConformant', approval.status, approval.reason, approval.message);
  const storage = (spec.versions ?? []).find((version) => version.storage)?.name;
  const stored = status?.storedVersions ?? [];
  return {
    ...crd,
    spec: { ...spec, names: wanted, conversion: spec.conversion ?? { strategy: 'None' } },
    status: {
      ...status,
      conditions,
      acceptedNames: conflict ? (status?.acceptedNames ?? { plural: '', kind: '' }) : wanted,
      storedVersions: storage === undefined || stored.includes(storage) ? stored : [...stored, storage],
    },
  } as KubeObject;
}

/** Whether a definition is served. */
export function isEstablished({ status }: CustomResourceDefinition): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Established' && condition.status === 'True') ?? false;
}

function conflictOf(
  wanted: Names,
  accepted: Names | undefined,
  taken: TakenNames,
): { readonly reason: string; readonly message: string } | undefined {
  const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`;
  let found: { readonly reason: string; readonly message: string } | undefined;
  // The last conflict is the one that is told, as upstream's controller has it.
  for (const [reason, field, names] of [
    ['PluralConflict', 'plural', taken.resources],
    ['SingularConflict', 'singular', taken.resources],
    ['ShortNamesConflict', 'shortNames', taken.resources],
    ['KindConflict', 'kind', taken.kinds],
    ['ListKindConflict', 'listKind', taken.kinds],
  ] as const) {
    const list = field === 'shortNames' ? (wanted.shortNames ?? []) : [wanted[field] ?? ''];
    const had = field === 'shortNames' ? (accepted?.shortNames ?? []) : [accepted?.[field] ?? ''];
    const clashes = list.filter((name) => !had.includes(name) && names.has(name)).map(inUse);
    if (clashes.length > 0) found = { reason, message: clashes.length === 1 ? (clashes[0] ?? '') : `[${clashes.join(', ')}]` };
  }
  return found;
}

/** The list with the condition; its time changes with its status only. */
export function setCondition(
  list: readonly Condition[],
  next: { readonly type: string; readonly status: string; readonly reason: string; readonly message: string },
  now: string,
): readonly Condition[] {
  const before = list.find((condition) => condition.type === next.type);
  const made = { ...next, lastTransitionTime: before?.status === next.status ? (before.lastTransitionTime ?? now) : now } as Condition;
  return before ? list.map((condition) => (condition === before ? made : condition)) : [...list, made];
}
