// What shows that a restore or a failover was tried.
import type { PersistentVolumeClaim } from '@holdfast/schema';
import type { Graph } from './graph.ts';
import { podLabels } from './selection.ts';
import type { SourcedObject } from './sourced-object.ts';
import { listAt, textAt, valueAt } from './value-at.ts';
import type { Workload } from './workload.ts';

/** On a workload: the day on which a backup was restored and compared. */
export const REHEARSED_RESTORE = 'holdfast.dev/restore-rehearsed';
/** On a workload: the day on which an instance was taken away under load. */
export const REHEARSED_FAILOVER = 'holdfast.dev/failover-rehearsed';

/** Whether the annotation is there and is a date. */
export function rehearsalAnnotation({ source }: Workload, name: string): boolean {
  return /^\d{4}-\d{2}-\d{2}/.test(source.object.metadata.annotations?.[name] ?? '');
}

/** Claims from snapshots of the workload's claims, restores of its namespace, clusters recovered from it. */
export function restoresOf(graph: Graph, { source }: Workload): readonly SourcedObject[] {
  const claims = graph.inNamespace<PersistentVolumeClaim>('PersistentVolumeClaim', source.namespace).filter(({ object }) => {
    const from = object.spec?.dataSource ?? object.spec?.dataSourceRef;
    if (from?.kind !== 'VolumeSnapshot') return false;
    const snapshot = graph.named('VolumeSnapshot', source.namespace, from.name);
    const origin = textAt(snapshot?.object, ['spec', 'source', 'persistentVolumeClaimName']);
    return origin === undefined ? from.name.includes(source.name) : origin.includes(source.name);
  });
  const restores = graph
    .ofKind('Restore')
    .filter(({ object }) => ['*', source.namespace].some((name) => listAt(object, ['spec', 'includedNamespaces']).includes(name)));
  const recovered = graph
    .ofKind('Cluster')
    .filter(({ object }) => JSON.stringify(valueAt(object, ['spec', 'bootstrap', 'recovery']) ?? '').includes(`"${source.name}"`));
  return [...claims, ...restores, ...recovered];
}

/** Experiments of Chaos Mesh and Litmus that mean the workload. */
export function chaosOn(graph: Graph, workload: Workload): readonly SourcedObject[] {
  const { source } = workload;
  const means = (selector: unknown): boolean => {
    const namespaces = listAt(selector, ['namespaces']);
    const labels = Object.entries((valueAt(selector, ['labelSelectors']) ?? {}) as Readonly<Record<string, string>>);
    const own = podLabels(workload);
    const byLabels = workload.template
      ? labels.every(([key, value]) => own[key] === value)
      : labels.some(([, value]) => value === source.name || value === workload.engine?.name);
    return (namespaces.length === 0 || namespaces.includes(source.namespace)) && (labels.length === 0 || byLabels);
  };
  const mesh = ['PodChaos', 'NetworkChaos', 'IOChaos']
    .flatMap((kind) => graph.ofKind(kind))
    .filter(({ object }) => means(valueAt(object, ['spec', 'selector'])));
  const scheduled = graph
    .ofKind('Schedule')
    .filter(({ apiVersion }) => apiVersion.startsWith('chaos-mesh.org/'))
    .filter(({ object }) =>
      ['podChaos', 'networkChaos', 'ioChaos'].some(
        (kind) => valueAt(object, ['spec', kind]) !== undefined && means(valueAt(object, ['spec', kind, 'selector'])),
      ),
    );
  const litmus = graph.ofKind('ChaosEngine').filter(({ object }) => {
    const [key = '', value = ''] = (textAt(object, ['spec', 'appinfo', 'applabel']) ?? '').split('=');
    return textAt(object, ['spec', 'appinfo', 'appns']) === source.namespace && podLabels(workload)[key] === value;
  });
  return [...mesh, ...scheduled, ...litmus];
}
