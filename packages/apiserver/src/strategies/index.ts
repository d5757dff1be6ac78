// The built-in kinds that differ from the plain strategy.
import { formatTime } from '@holdfast/clock';
import {
  deepEqual,
  type FieldError,
  forbiddenField,
  invalidValue,
  isDns1123Label,
  type KubeObject,
  labelSelector,
  type LabelSelector,
  type Namespace,
  parseQuantity,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  required,
  type Service,
  type StatefulSet,
  type StorageClass,
  type UnstructuredObject,
} from '@holdfast/schema';
import { qosClass, validatePodSpec } from './pod-spec.ts';
import { plainStrategy, type Strategy } from './strategy.ts';

const withStatus = { ...plainStrategy, statusSubresource: true };
const withGeneration = { ...withStatus, generation: true };

function withoutStatus(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object as UnstructuredObject;
  return { ...rest, status: {} } as unknown as KubeObject;
}

const pod: Strategy = {
  ...withStatus,
  graceful: true,
  prepareForCreate: (object) => ({ ...object, status: { phase: 'Pending', qosClass: qosClass(object as Pod) } }) as KubeObject,
  validate: (object) => validatePodSpec((object as Pod).spec, 'spec'),
  validateUpdate: (object, old) => podUpdate(object as Pod, old as Pod),
};

function podUpdate(next: Pod, old: Pod): readonly FieldError[] {
  const comparable = (subject: Pod): unknown => {
    const {
      containers,
      initContainers,
      activeDeadlineSeconds: _deadline,
      tolerations: _tolerations,
      ephemeralContainers: _ephemeral,
      schedulingGates: _gates,
      ...rest
    } = subject.spec ?? { containers: [] };
    const plain = (list: readonly { readonly image?: string | undefined }[] | undefined): unknown =>
      (list ?? []).map(({ image: _image, ...other }) => other);
    return { ...rest, containers: plain(containers), initContainers: plain(initContainers) };
  };
  if (deepEqual(comparable(next), comparable(old))) return [];
  return [
    forbiddenField(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ),
  ];
}

interface Templated extends KubeObject {
  readonly spec?: {
    readonly selector?: LabelSelector;
    readonly template?: { readonly metadata?: { readonly labels?: Record<string, string> }; readonly spec?: Pod['spec'] };
    readonly replicas?: number;
    readonly volumeClaimTemplates?: readonly KubeObject[];
  };
}

function validateTemplate(object: KubeObject, { restartAlways = true, selectorRequired = true } = {}): readonly FieldError[] {
  const { spec } = object as Templated;
  const errors: FieldError[] = [];
  if (spec?.replicas !== undefined && spec.replicas < 0)
    errors.push(invalidValue('spec.replicas', spec.replicas, 'must be greater than or equal to 0'));
  if (selectorRequired) {
    const { selector } = spec ?? {};
    const empty = !selector || (!Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length);
    if (!selector) errors.push(required('spec.selector'));
    else if (empty) errors.push(invalidValue('spec.selector', selector, 'empty selector is invalid for deployment'));
    else if (!labelSelector(selector).matches(spec?.template?.metadata?.labels ?? {})) {
      errors.push(
        invalidValue(
          'spec.template.metadata.labels',
          spec?.template?.metadata?.labels ?? {},
          '`selector` does not match template `labels`',
        ),
      );
    }
  }
  const claimTemplates = (spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name ?? '');
  errors.push(...validatePodSpec(spec?.template?.spec, 'spec.template.spec', claimTemplates));
  const policy = spec?.template?.spec?.restartPolicy;
  if (restartAlways && policy && policy !== 'Always') {
    errors.push({
      type: 'NotSupported',
      field: 'spec.template.spec.restartPolicy',
      badValue: policy,
      detail: 'supported values: "Always"',
    });
  }
  return errors;
}

function immutableSelector(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [next, before] = [(object as Templated).spec?.selector, (old as Templated).spec?.selector];
  return deepEqual(next, before) ? [] : [invalidValue('spec.selector', next, 'field is immutable')];
}

const workload: Strategy = {
  ...withGeneration,
  prepareForCreate: withoutStatus,
  validate: validateTemplate,
  validateUpdate: immutableSelector,
};

const STATEFULSET_MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

const statefulSet: Strategy = {
  ...workload,
  prepareForCreate: (object) => dropMaxUnavailable(withoutStatus(object)),
  prepareForUpdate: dropMaxUnavailable,
  validate: (object) => [
    ...isDns1123Label(object.metadata.name ?? '').map((problem) => invalidValue('metadata.name', object.metadata.name, problem)),
    ...validateTemplate(object),
  ],
  validateUpdate: (object, old) => {
    const rest = (subject: KubeObject): unknown =>
      Object.fromEntries(
        Object.entries((subject as StatefulSet).spec ?? {}).filter(
          ([field]) => !(STATEFULSET_MUTABLE as readonly string[]).includes(field),
        ),
      );
    if (deepEqual(rest(object), rest(old))) return [];
    return [
      forbiddenField(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    ];
  },
};

/** The gate MaxUnavailableStatefulSet is off in 1.32: the field is dropped. */
function dropMaxUnavailable(object: KubeObject): KubeObject {
  const set = object as StatefulSet;
  const rolling = set.spec?.updateStrategy?.rollingUpdate;
  if (!set.spec || rolling?.maxUnavailable === undefined) return object;
  const { maxUnavailable: _dropped, ...rest } = rolling;
  return { ...set, spec: { ...set.spec, updateStrategy: { ...set.spec.updateStrategy, rollingUpdate: rest } } } as KubeObject;
}

const persistentVolume: Strategy = {
  ...withStatus,
  prepareForCreate: (object, { clock }) =>
    ({ ...object, status: { phase: 'Pending', lastPhaseTransitionTime: formatTime(clock.now()) } }) as KubeObject,
  prepareForStatusUpdate: (object, old, { clock }) => {
    const [next, before] = [object as PersistentVolume, old as PersistentVolume];
    if (next.status?.phase === before.status?.phase) return object;
    return { ...next, status: { ...next.status, lastPhaseTransitionTime: formatTime(clock.now()) } } as KubeObject;
  },
  validate: (object) => {
    const { spec } = object as PersistentVolume;
    const errors: FieldError[] = [];
    if (!spec?.accessModes?.length) errors.push(required('spec.accessModes'));
    if (!spec?.capacity?.['storage']) errors.push(required('spec.capacity'));
    const sources = Object.keys(sourceOf(spec));
    if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'));
    if (sources.length > 1) errors.push(forbiddenField(`spec.${sources[1]}`, 'may not specify more than 1 volume type'));
    if (spec?.local && !spec.nodeAffinity?.required) errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
    if (spec?.local && !spec.local.path) errors.push(required('spec.local.path'));
    return errors;
  },
  validateUpdate: (object, old) => {
    const [next, before] = [(object as PersistentVolume).spec, (old as PersistentVolume).spec];
    const errors: FieldError[] = [];
    if (!deepEqual(sourceOf(next), sourceOf(before)))
      errors.push(forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'));
    if (before?.nodeAffinity && !deepEqual(next?.nodeAffinity, before.nodeAffinity))
      errors.push(invalidValue('spec.nodeAffinity', next?.nodeAffinity, 'field is immutable'));
    if (next?.volumeMode !== before?.volumeMode) errors.push(invalidValue('spec.volumeMode', next?.volumeMode, 'field is immutable'));
    return errors;
  },
};

const NOT_A_SOURCE = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
]);

function sourceOf(spec: PersistentVolume['spec']): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(spec ?? {}).filter(([field, value]) => !NOT_A_SOURCE.has(field) && value !== undefined));
}

const persistentVolumeClaim: Strategy = {
  ...withStatus,
  prepareForCreate: (object) => ({ ...object, status: { phase: 'Pending' } }) as KubeObject,
  validate: (object) => {
    const { spec } = object as PersistentVolumeClaim;
    const errors: FieldError[] = [];
    if (!spec?.accessModes?.length) errors.push(required('spec.accessModes', 'at least 1 access mode is required'));
    if (!spec?.resources?.requests?.['storage']) errors.push(required('spec.resources[storage]'));
    return errors;
  },
  validateUpdate: (object, old) => {
    const [next, before] = [(object as PersistentVolumeClaim).spec, (old as PersistentVolumeClaim).spec];
    const rest = ({
      volumeName: _volume,
      resources: _resources,
      storageClassName: _class,
      volumeAttributesClassName: _vac,
      ...other
    }: NonNullable<PersistentVolumeClaim['spec']>): unknown => other;
    const bound = Boolean(before?.volumeName);
    const errors: FieldError[] = [];
    const sameClass = next?.storageClassName === before?.storageClassName || before?.storageClassName === undefined;
    if (!deepEqual(rest(next ?? {}), rest(before ?? {})) || !sameClass || (bound && next?.volumeName !== before?.volumeName)) {
      errors.push(
        forbiddenField('spec', 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'),
      );
    }
    const [size, was] = [next?.resources?.requests?.['storage'], before?.resources?.requests?.['storage']];
    if (size !== undefined && was !== undefined && parseQuantity(size).compare(parseQuantity(was)) < 0) {
      errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'));
    }
    return errors;
  },
};

const storageClass: Strategy = {
  ...plainStrategy,
  validate: (object) => ((object as StorageClass).provisioner ? [] : [required('provisioner')]),
  validateUpdate: (object, old) => {
    const [next, before] = [object as StorageClass, old as StorageClass];
    const errors: FieldError[] = [];
    if (!deepEqual(next.parameters, before.parameters)) errors.push(forbiddenField('parameters', 'updates to parameters are forbidden.'));
    if (next.provisioner !== before.provisioner) errors.push(forbiddenField('provisioner', 'updates to provisioner are forbidden.'));
    if (next.reclaimPolicy !== before.reclaimPolicy)
      errors.push(forbiddenField('reclaimPolicy', 'updates to reclaimPolicy are forbidden.'));
    if (next.volumeBindingMode !== before.volumeBindingMode)
      errors.push(invalidValue('volumeBindingMode', next.volumeBindingMode, 'field is immutable'));
    return errors;
  },
};

const service: Strategy = {
  ...withStatus,
  prepareForCreate: (object) => ({ ...object, status: { loadBalancer: {} } }) as KubeObject,
  validate: (object) => {
    const { spec } = object as Service;
    const headless = spec?.clusterIP === 'None';
    if (!spec?.ports?.length && !headless && spec?.type !== 'ExternalName') return [required('spec.ports')];
    return [];
  },
  validateUpdate: (object, old) => {
    const [next, before] = [(object as Service).spec, (old as Service).spec];
    if (before?.clusterIP && next?.clusterIP !== before.clusterIP && before.type !== 'ExternalName')
      return [invalidValue('spec.clusterIPs[0]', [next?.clusterIP ?? ''], 'may not change once set')];
    return [];
  },
};

const namespace: Strategy = {
  ...withStatus,
  prepareForCreate: (object) =>
    ({
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name ?? '' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    }) as KubeObject,
  prepareForUpdate: (object, old) => ({ ...object, spec: (old as UnstructuredObject)['spec'] }) as unknown as KubeObject,
  beginDeletion: (object) => ({ ...object, status: { ...(object as Namespace).status, phase: 'Terminating' } }) as KubeObject,
  // The namespace controller empties it first.
  isHeld: (object) => ((object as Namespace).spec?.finalizers ?? []).length > 0,
};

const conditionalOnly = { unconditionalUpdate: false };

const STRATEGIES: Readonly<Record<string, Strategy>> = {
  pods: pod,
  nodes: withStatus,
  namespaces: namespace,
  services: service,
  persistentvolumes: persistentVolume,
  persistentvolumeclaims: persistentVolumeClaim,
  replicationcontrollers: { ...withGeneration, prepareForCreate: withoutStatus },
  resourcequotas: withStatus,
  events: { ...plainStrategy, createOnUpdate: true },
  endpoints: { ...plainStrategy, createOnUpdate: true },
  'statefulsets.apps': statefulSet,
  'deployments.apps': workload,
  'replicasets.apps': workload,
  'daemonsets.apps': workload,
  'jobs.batch': {
    ...withGeneration,
    prepareForCreate: withoutStatus,
    validate: (object) => validateTemplate(object, { restartAlways: false, selectorRequired: false }),
  },
  'cronjobs.batch': { ...withGeneration, prepareForCreate: withoutStatus },
  'poddisruptionbudgets.policy': { ...withGeneration, ...conditionalOnly, prepareForCreate: withoutStatus },
  'storageclasses.storage.k8s.io': storageClass,
  'volumeattachments.storage.k8s.io': withStatus,
  'leases.coordination.k8s.io': { ...plainStrategy, ...conditionalOnly, createOnUpdate: true },
  'ingresses.networking.k8s.io': { ...withGeneration, prepareForCreate: withoutStatus },
  'horizontalpodautoscalers.autoscaling': withStatus,
  'endpointslices.discovery.k8s.io': { ...plainStrategy, generation: true },
  'customresourcedefinitions.apiextensions.k8s.io': { ...withGeneration, ...conditionalOnly },
  'certificatesigningrequests.certificates.k8s.io': withStatus,
};

/** The strategy of a built-in resource. */
export function strategyOf(group: string, resource: string): Strategy {
  return STRATEGIES[group === '' ? resource : `${resource}.${group}`] ?? plainStrategy;
}
