// A broker that keeps its data under a name, and has another name after each restart.
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule, RuleFinding } from '../../rule.ts';
import type { Workload, WorkloadContainer } from '../../model/workload.ts';

export const rule: Rule = {
  id: 'new-identity',
  title: 'a database finds its data by a name that changes with the pod',
  about:
    'RabbitMQ keeps its data in a folder named after the node, rabbit@<host>. In a Deployment the host name is that of the pod and new each time; with a node name made of the address of the pod it is new in a StatefulSet too. The old folder stays in the volume and is not looked at. Evidence: the image, a volume that is to last, and a node name that is not fixed by RABBITMQ_NODENAME, RABBITMQ_MNESIA_DIR, RABBITMQ_MNESIA_BASE with a name, or the host name of the template.',
  loss: 'after each restart of the pod the broker is empty: users, exchanges, queues and messages are gone, though their files are still in the volume',
  fix: 'use a StatefulSet and let the node be named after the pod; in a Deployment set hostname in the template',
  sources: [
    'https://github.com/rabbitmq/rabbitmq-server/issues/8582',
    'https://github.com/helm/charts/issues/3914',
    'https://github.com/helm/charts/issues/7806',
    'https://github.com/rabbitmq/rabbitmq-peer-discovery-k8s/issues/18',
    'https://www.rabbitmq.com/docs/relocate',
  ],
  mistakes: [],
  severity: 'error',
  appliesTo: 'databases',
  needs: [],
  check(_graph, workload) {
    const { source, engine, storage, containers } = workload;
    const lasting = storage.find((one) => one.holdsState && (one.source === 'claim' || one.source === 'hostPath'));
    if (engine?.name !== 'rabbitmq' || lasting === undefined) return [];
    return containers.slice(0, 1).flatMap((container): readonly RuleFinding[] => {
      const why = changing(workload, container);
      if (why === undefined) return [];
      return [
        {
          object: source,
          path: why.path,
          message: `${titleOf(source)} looks for its data under another name after each restart: ${why.says}`,
          evidence: [
            { object: source, path: why.path, says: why.says },
            { object: source, path: lasting.path, says: `storage ${lasting.name} keeps the folder of the old name, which nobody reads` },
          ],
          confidence: 'high',
        },
      ];
    });
  },
};

/** Why the node's name changes; undefined where it does not, or is not known to. */
function changing(
  { source, template }: Workload,
  { spec, path }: WorkloadContainer,
): { readonly path: readonly (string | number)[]; readonly says: string } | undefined {
  const env = spec?.env ?? [];
  if (!template || !spec || spec.command !== undefined || env.some(({ name }) => name === 'RABBITMQ_MNESIA_DIR')) return undefined;
  const at = env.findIndex(({ name }) => name === 'RABBITMQ_NODENAME');
  const named = env[at];
  if (named) {
    const variable = /@\$\((\w+)\)/.exec(named.value ?? '')?.[1];
    const field = env.find(({ name }) => name === variable)?.valueFrom?.fieldRef?.fieldPath;
    if (field === 'status.podIP')
      return { path: [...path, 'env', at], says: `RABBITMQ_NODENAME is ${named.value}, the address of the pod` };
    const ofPod = field === 'metadata.name' && source.kind !== 'StatefulSet' && source.kind !== 'Pod';
    return ofPod
      ? { path: [...path, 'env', at], says: `RABBITMQ_NODENAME is ${named.value}, and pods of a ${source.kind} are named anew` }
      : undefined;
  }
  const hostnames = source.kind === 'StatefulSet' || source.kind === 'Pod' || template.value.spec?.hostname !== undefined;
  return hostnames ? undefined : { path: template.path, says: `the template has no hostname, and pods of a ${source.kind} are named anew` };
}
