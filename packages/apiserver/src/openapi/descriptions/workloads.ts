// StatefulSets, Deployments and their like, disruption budgets.
import type { Descriptions } from './descriptions.ts';

const REPLICAS = 'How many pods there should be. Default: 1.';
const SELECTOR = "Selects the pods; must match the template's labels and cannot be changed.";
const TEMPLATE = 'What the pods are made from.';
const MIN_READY = 'Seconds that a new pod must be ready without a container failing before it counts as available.';
const REVISIONS = 'How many old revisions are kept for going back. Default: 10.';

export const WORKLOADS: Descriptions = {
  'apps.v1.StatefulSet': ['Pods with a stable name, address and storage each: web-0, web-1, ….', {}],
  'apps.v1.StatefulSetSpec': [
    'What is wanted of a StatefulSet.',
    {
      replicas: REPLICAS,
      selector: SELECTOR,
      template: TEMPLATE,
      volumeClaimTemplates:
        'Claims that each pod gets for itself, by the name template-set-ordinal. They stay when the pod goes, and cannot be changed here.',
      serviceName: 'The headless service by which the pods are found by name. It must be there first.',
      podManagementPolicy: 'OrderedReady starts and stops pods one by one; Parallel all at once. Updates are not affected.',
      updateStrategy: 'How pods are replaced when the template changes.',
      revisionHistoryLimit: REVISIONS,
      minReadySeconds: MIN_READY,
      persistentVolumeClaimRetentionPolicy: 'Whether claims go with their pods. Default: they stay.',
      ordinals: 'Where the numbers of the pods begin.',
    },
  ],
  'apps.v1.StatefulSetUpdateStrategy': [
    'How pods are replaced.',
    { type: 'RollingUpdate, or OnDelete to leave it to whoever deletes the pods.', rollingUpdate: 'How a rolling update goes.' },
  ],
  'apps.v1.RollingUpdateStatefulSetStrategy': [
    'How a rolling update goes.',
    {
      partition: 'Only pods with at least this number are updated. Default: 0.',
      maxUnavailable: 'How many pods may be down at a time; needs a feature gate.',
    },
  ],
  'apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy': [
    'When claims are deleted.',
    { whenDeleted: 'With the set: Retain or Delete. Default: Retain.', whenScaled: 'When scaled down: Retain or Delete. Default: Retain.' },
  ],
  'apps.v1.StatefulSetStatus': [
    'The state of a StatefulSet.',
    {
      replicas: 'Pods that exist.',
      readyReplicas: 'Pods that are ready.',
      currentReplicas: 'Pods of the current revision.',
      updatedReplicas: 'Pods of the update revision.',
      availableReplicas: 'Pods that have been ready long enough.',
      currentRevision: 'The revision that pods below the partition are made from.',
      updateRevision: 'The revision that is being rolled out.',
      collisionCount: 'Collisions of revision names so far.',
    },
  ],
  'apps.v1.Deployment': ['Pods that are alike, replaced step by step when their template changes.', {}],
  'apps.v1.DeploymentSpec': [
    'What is wanted of a Deployment.',
    {
      replicas: REPLICAS,
      selector: SELECTOR,
      template: TEMPLATE,
      strategy: 'How old pods are replaced by new ones.',
      minReadySeconds: MIN_READY,
      revisionHistoryLimit: REVISIONS,
      paused: 'Whether changes of the template wait.',
      progressDeadlineSeconds: 'Seconds without progress after which the rollout counts as failed. Default: 600.',
    },
  ],
  'apps.v1.DeploymentStrategy': [
    'How pods are replaced.',
    { type: 'RollingUpdate or Recreate.', rollingUpdate: 'How a rolling update goes.' },
  ],
  'apps.v1.RollingUpdateDeployment': [
    'How a rolling update goes.',
    { maxSurge: 'Pods above the wanted number. Default: 25%.', maxUnavailable: 'Pods below the wanted number. Default: 25%.' },
  ],
  'apps.v1.ReplicaSet': ['A number of pods that are alike.', {}],
  'apps.v1.ReplicaSetSpec': [
    'What is wanted of a ReplicaSet.',
    { replicas: REPLICAS, selector: SELECTOR, template: TEMPLATE, minReadySeconds: MIN_READY },
  ],
  'apps.v1.DaemonSet': ['One pod on each node that fits.', {}],
  'apps.v1.DaemonSetSpec': [
    'What is wanted of a DaemonSet.',
    {
      selector: SELECTOR,
      template: TEMPLATE,
      updateStrategy: 'How pods are replaced when the template changes.',
      minReadySeconds: MIN_READY,
      revisionHistoryLimit: REVISIONS,
    },
  ],
  'batch.v1.Job': ['Pods that run until enough of them have succeeded.', {}],
  'batch.v1.JobSpec': [
    'What is wanted of a Job.',
    {
      completions: 'How many pods must succeed.',
      parallelism: 'How many pods run at a time.',
      backoffLimit: 'Failures after which the job has failed. Default: 6.',
      activeDeadlineSeconds: 'Seconds that the job may take.',
      ttlSecondsAfterFinished: 'Seconds after its end when the job is deleted.',
      suspend: 'Whether no pods run for now.',
      template: TEMPLATE,
      selector: SELECTOR,
    },
  ],
  'batch.v1.CronJob': ['Jobs at given times.', {}],
  'batch.v1.CronJobSpec': [
    'What is wanted of a CronJob.',
    {
      schedule: 'The times, as cron writes them.',
      timeZone: 'The zone of the times.',
      concurrencyPolicy: 'Allow, Forbid or Replace a job that still runs.',
      suspend: 'Whether no jobs are made for now.',
      jobTemplate: 'What the jobs are made from.',
      startingDeadlineSeconds: 'Seconds by which a missed job may be late.',
    },
  ],
  'policy.v1.PodDisruptionBudget': ['How many pods of a workload may be evicted at a time.', {}],
  'policy.v1.PodDisruptionBudgetSpec': [
    'What is wanted of a budget.',
    {
      minAvailable: 'Pods that must stay, a number or a percentage.',
      maxUnavailable: 'Pods that may be down, a number or a percentage. Not together with minAvailable.',
      selector: 'The pods that it protects.',
      unhealthyPodEvictionPolicy: 'Whether pods that are not ready may be evicted: IfHealthyBudget or AlwaysAllow.',
    },
  ],
  'policy.v1.PodDisruptionBudgetStatus': [
    'The state of a budget.',
    {
      disruptionsAllowed: 'Evictions that are allowed now.',
      currentHealthy: 'Pods that are ready.',
      desiredHealthy: 'Pods that must be ready.',
      expectedPods: 'Pods that count.',
      disruptedPods: 'Pods that were evicted and are not gone yet.',
    },
  ],
  'apiextensions.v1.CustomResourceDefinition': ['A kind of objects that the server serves from now on.', {}],
  'apiextensions.v1.CustomResourceDefinitionSpec': [
    'What is wanted of a definition.',
    {
      group: 'The API group.',
      names: 'How the kind is called.',
      scope: 'Namespaced or Cluster.',
      versions: 'The versions, one of which is stored.',
      conversion: 'How objects are converted between versions.',
    },
  ],
  'apiextensions.v1.CustomResourceDefinitionNames': [
    'How the kind is called.',
    {
      plural: 'In paths.',
      singular: 'On the command line.',
      kind: 'In objects.',
      listKind: 'In lists.',
      shortNames: 'Abbreviations.',
      categories: 'Groups such as all.',
    },
  ],
  'apiextensions.v1.CustomResourceDefinitionVersion': [
    'One version.',
    {
      name: 'Its name, such as v1.',
      served: 'Whether it is served.',
      storage: 'Whether objects are stored in it.',
      schema: 'What objects look like.',
      subresources: 'Whether it has status and scale.',
      additionalPrinterColumns: 'Columns of tables.',
      selectableFields: 'Fields that field selectors may name.',
      deprecated: 'Whether clients are warned.',
    },
  ],
};
