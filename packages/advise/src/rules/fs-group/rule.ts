// Who owns the volume: a user that cannot write it, or a change of owner that takes minutes at each start.
import { parseQuantity, type PodSpec } from '@holdfast/schema';
import { titleOf } from '../../model/sourced-object.ts';
import type { Workload } from '../../model/workload.ts';
import type { Rule, RuleFinding } from '../../rule.ts';

/** From this size on, walking all files at each start is felt. */
const LARGE = '100Gi';

export const rule: Rule = {
  id: 'fs-group',
  title: 'the volume of a database does not suit the user that it runs as',
  about:
    'A new volume belongs to root: a container that runs as another user can write it only with fsGroup, or with an init container that changes the owner. With fsGroup and without fsGroupChangePolicy: OnRootMismatch the kubelet walks all files at every start and changes their group, which takes minutes with millions of files. Said from 100Gi on.',
  loss: 'the database does not start ("Permission denied"), or its restart after a failure takes minutes longer than it must',
  fix: 'set securityContext.fsGroup to the group of the user, and fsGroupChangePolicy: OnRootMismatch',
  sources: [
    'https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#configure-volume-permission-and-ownership-change-policy-for-pods',
  ],
  mistakes: [21],
  severity: 'warning',
  appliesTo: 'databases',
  needs: [],
  check(_graph, workload) {
    const { source, template } = workload;
    const state = workload.storage.filter(({ holdsState, source: from }) => holdsState && from === 'claim');
    const [first] = state;
    if (!template || !first) return [];
    const spec = template.value.spec;
    const security = spec?.securityContext;
    const path = [...template.path, 'spec', ...(security ? ['securityContext'] : [])];
    const common = { object: source, path };
    const user = userOf(workload);
    if (security?.fsGroup === undefined) {
      if (user === undefined || changesOwner(spec)) return [];
      const finding: RuleFinding = {
        ...common,
        message: `${titleOf(source)} runs as ${user}, but its volume ${first.name} belongs to root`,
        evidence: [
          { object: source, path, says: `runs as ${user}, without fsGroup` },
          { object: source, path: first.path, says: 'a new volume belongs to root' },
        ],
        confidence: 'medium',
      };
      return [finding];
    }
    const large = state.find(({ claim }) => isLarge(claim?.resources?.requests?.['storage']));
    if (!large || security.fsGroupChangePolicy === 'OnRootMismatch') return [];
    return [
      {
        ...common,
        path: [...path, security.fsGroupChangePolicy === undefined ? 'fsGroup' : 'fsGroupChangePolicy'],
        message: `every start of ${titleOf(source)} walks all files of volume ${large.name} to change their group`,
        evidence: [
          { object: source, path: [...path, 'fsGroup'], says: 'fsGroup without fsGroupChangePolicy: OnRootMismatch' },
          { object: source, path: large.path, says: `is ${String(large.claim?.resources?.requests?.['storage'])} large` },
        ],
        edits: [{ path: [...template.path, 'spec', 'securityContext', 'fsGroupChangePolicy'], value: 'OnRootMismatch' }],
        confidence: 'high',
      },
    ];
  },
};

/** 'user 999' or 'a user that is not root'; undefined for root, or where nothing is said. */
function userOf({ template, containers }: Workload): string | undefined {
  const pod = template?.value.spec?.securityContext;
  for (const { spec } of containers) {
    const id = spec?.securityContext?.runAsUser ?? pod?.runAsUser;
    if (id !== undefined) return id === 0 ? undefined : `user ${id}`;
    if (spec?.securityContext?.runAsNonRoot ?? pod?.runAsNonRoot) return 'a user that is not root';
  }
  return undefined;
}

function changesOwner(spec: PodSpec | undefined): boolean {
  return (spec?.initContainers ?? []).some(({ command = [], args = [] }) => /\bchown\b/.test([...command, ...args].join(' ')));
}

function isLarge(size: string | number | undefined): boolean {
  try {
    return size !== undefined && parseQuantity(String(size)).bigValue() >= parseQuantity(LARGE).bigValue();
  } catch {
    return false;
  }
}
