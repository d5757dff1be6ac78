// Uninstalling an operator with Helm that takes all databases with it.
import { type SourcedObject, titleOf } from '../../model/sourced-object.ts';
import { isOperatorGroup } from '../../model/custom-workloads.ts';
import { textAt } from '../../model/value-at.ts';
import type { Rule, RuleFinding } from '../../rule.ts';

const KEEP = 'helm.sh/resource-policy';

export const rule: Rule = {
  id: 'definition-not-kept',
  title: 'uninstalling the operator deletes every database that it runs',
  about:
    'A CustomResourceDefinition that a chart renders as a template is a part of the release: helm uninstall deletes it, as does an upgrade whose chart no longer has it. Deleting a definition deletes every object of its kind, in all namespaces, and the operator or the garbage collector then deletes what belongs to them. Evidence: the definition is of a data operator, carries the marks of Helm (label app.kubernetes.io/managed-by: Helm, or annotation meta.helm.sh/release-name), and lacks helm.sh/resource-policy: keep. Definitions in a chart’s crds/ folder carry no marks, and Helm never deletes them.',
  loss: 'every database of that kind in the whole cluster, at one helm uninstall, or at an upgrade that moves the definitions elsewhere',
  fix: 'annotate the definition with helm.sh/resource-policy: keep (most charts have a value for it), or install definitions apart from the operator',
  sources: [
    'https://github.com/opensearch-project/opensearch-k8s-operator/issues/1539',
    'https://github.com/banzaicloud/koperator/issues/444',
    'https://github.com/druid-io/druid-operator/pull/331',
    'https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource',
  ],
  mistakes: [],
  severity: 'error',
  appliesTo: 'databases',
  needs: ['CustomResourceDefinition'],
  check: () => [],
  checkObjects: (graph) => graph.ofKind('CustomResourceDefinition').flatMap(findingOf),
};

function findingOf(definition: SourcedObject): readonly RuleFinding[] {
  const { labels = {}, annotations = {} } = definition.object.metadata;
  const [group, kind] = [textAt(definition.object, ['spec', 'group']), textAt(definition.object, ['spec', 'names', 'kind'])];
  const release = annotations['meta.helm.sh/release-name'];
  const mark: readonly string[] | undefined =
    labels['app.kubernetes.io/managed-by'] === 'Helm'
      ? ['metadata', 'labels', 'app.kubernetes.io/managed-by']
      : release === undefined
        ? undefined
        : ['metadata', 'annotations', 'meta.helm.sh/release-name'];
  if (group === undefined || !isOperatorGroup(group) || mark === undefined || annotations[KEEP] === 'keep') return [];
  return [
    {
      object: definition,
      path: mark,
      message: `${titleOf(definition)} goes with ${release === undefined ? 'its Helm release' : `Helm release ${release}`}, and every ${kind ?? 'object of its kind'} with it`,
      evidence: [
        { object: definition, path: mark, says: 'is a part of a Helm release' },
        { object: definition, path: ['metadata'], says: `has no annotation ${KEEP}: keep` },
      ],
      confidence: 'high',
    },
  ];
}
