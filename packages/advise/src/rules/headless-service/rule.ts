// The Service that names the instances of a StatefulSet is missing, has an address, or means other pods.
import type { Service, StatefulSet } from '@holdfast/schema';
import { operatedTwin } from '../../model/selection.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule, RuleFinding } from '../../rule.ts';

export const rule: Rule = {
  id: 'headless-service',
  title: 'the Service that gives the instances their names is missing or means other pods',
  about:
    "The DNS names of a StatefulSet's pods (db-0.db.data.svc) exist only with a headless Service (clusterIP: None) named by spec.serviceName that selects the pods. Members that find each other by these names cannot form a cluster without it. Evidence is the Service of that name in the namespace, its clusterIP, and its selector against the labels of the template. A custom resource of the same name counts: its operator makes the Service.",
  loss: 'members do not find each other: the cluster never forms, or after a full stop does not come back',
  fix: 'make a Service of that name with clusterIP: None, publishNotReadyAddresses: true and the labels of the template as its selector',
  sources: ['https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id'],
  mistakes: [8],
  severity: 'error',
  appliesTo: 'databases',
  needs: ['Service'],
  check(graph, workload) {
    const { source } = workload;
    if (source.kind !== 'StatefulSet') return [];
    const name = (source.object as StatefulSet).spec?.serviceName;
    const severity = workload.replicas > 1 ? {} : { severity: 'warning' as const };
    const path = name === undefined ? ['spec'] : ['spec', 'serviceName'];
    const named = name === undefined || name === '' ? undefined : graph.named<Service>('Service', source.namespace, name);
    if (!named) {
      if (operatedTwin(graph, workload)) return [];
      const says = name ? `spec.serviceName is ${name}` : 'there is no spec.serviceName';
      const where = graph.live ? 'the cluster' : 'what was checked';
      const finding: RuleFinding = {
        object: source,
        path,
        message: name ? `Service ${name} of ${titleOf(source)} is not in ${where}` : `${titleOf(source)} names no Service`,
        evidence: [{ object: source, path, says }],
        ...severity,
        // Files may be a part of what is there.
        ...(graph.live ? { confidence: 'high' } : { severity: 'warning', confidence: 'medium' }),
      };
      return [finding];
    }
    const evidence = [{ object: source, path, says: `spec.serviceName is ${named.name}` }];
    if (named.object.spec?.clusterIP !== 'None') {
      const at = named.object.spec?.clusterIP === undefined ? ['spec'] : ['spec', 'clusterIP'];
      return [
        {
          object: named,
          path: at,
          message: `${titleOf(named)} is not headless, so the instances of ${titleOf(source)} have no names of their own`,
          evidence: [...evidence, { object: named, path: at, says: 'clusterIP is not None' }],
          ...severity,
          confidence: 'high',
        },
      ];
    }
    if (graph.coverage.services(workload).includes(named) || named.object.spec.selector === undefined) return [];
    return [
      {
        object: named,
        path: ['spec', 'selector'],
        message: `${titleOf(named)} selects other pods than those of ${titleOf(source)}`,
        evidence: [
          ...evidence,
          { object: named, path: ['spec', 'selector'], says: `selects ${JSON.stringify(named.object.spec.selector)}` },
          { object: source, path: ['spec', 'template', 'metadata', 'labels'], says: 'the pods have other labels' },
        ],
        ...severity,
        confidence: 'high',
      },
    ];
  },
};
