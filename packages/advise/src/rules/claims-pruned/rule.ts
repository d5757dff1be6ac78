// Claims that Argo CD takes for leftovers of its own.
import { titleOf } from '../../model/sourced-object.ts';
import { listAt, textAt } from '../../model/value-at.ts';
import type { Rule, RuleFinding } from '../../rule.ts';

const INSTANCE = 'argocd.argoproj.io/instance';
const OPTIONS = 'argocd.argoproj.io/sync-options';

export const rule: Rule = {
  id: 'claims-pruned',
  title: 'Argo CD takes the claims of a database for its own and prunes them',
  about:
    'Argo CD knows what belongs to an application by the label argocd.argoproj.io/instance. Claims that a StatefulSet makes carry the labels of its claim templates; with that label they belong to the application, are in no repository, and a sync with prune deletes them, or a deletion of the application does. The options Prune=false and Delete=false on the template keep them.',
  loss: 'the claims, and with reclaimPolicy Delete the data, at the next sync',
  fix: 'leave the label out of the claim templates (or let Argo CD track by annotation), or annotate them with argocd.argoproj.io/sync-options: Prune=false,Delete=false',
  sources: [
    'https://github.com/argoproj/argo-cd/issues/3050',
    'https://github.com/argoproj/argo-cd/issues/13503',
    'https://github.com/Altinity/clickhouse-operator/issues/1272',
    'https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/',
  ],
  mistakes: [],
  severity: 'error',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source }) {
    return listAt(source.object, ['spec', 'volumeClaimTemplates']).flatMap((template, index): readonly RuleFinding[] => {
      const instance = textAt(template, ['metadata', 'labels', INSTANCE]);
      const options = textAt(template, ['metadata', 'annotations', OPTIONS]) ?? '';
      if (instance === undefined || (/\bPrune=false\b/.test(options) && /\bDelete=false\b/.test(options))) return [];
      const name = textAt(template, ['metadata', 'name']) ?? `template ${index}`;
      const path = ['spec', 'volumeClaimTemplates', index, 'metadata', 'labels', INSTANCE];
      return [
        {
          object: source,
          path,
          message: `claims of ${titleOf(source)} (${name}) belong to application ${instance} of Argo CD, which prunes what is in no repository`,
          evidence: [
            { object: source, path, says: `every claim gets the label ${INSTANCE}=${instance}` },
            {
              object: source,
              path: ['spec', 'volumeClaimTemplates', index, 'metadata'],
              says: options === '' ? `has no ${OPTIONS}` : `${OPTIONS} is ${options}: Prune=false and Delete=false are both needed`,
            },
          ],
          confidence: 'high',
        },
      ];
    });
  },
};
