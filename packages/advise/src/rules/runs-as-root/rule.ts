// The database may do anything on its node.
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'runs-as-root',
  title: 'a database is told to run as root or privileged',
  about:
    'A privileged container has all devices of the node: whoever breaks into the database has every other volume on it too. Root in the container is one kernel bug away from it. Looked for are privileged: true, runAsUser: 0, runAsNonRoot: false and the capability SYS_ADMIN of the containers that run the engine; init containers that prepare the node are not meant, nor is saying nothing, since images name their own user.',
  loss: 'a break-in to one database is a break-in to all data on the node',
  fix: 'set runAsNonRoot: true, allowPrivilegeEscalation: false and drop all capabilities',
  sources: ['https://kubernetes.io/docs/concepts/security/pod-security-standards/'],
  mistakes: [28],
  severity: 'warning',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source, containers, template }) {
    const pod = template?.value.spec?.securityContext;
    return containers.flatMap(({ name, path, spec }) => {
      const own = spec?.securityContext;
      const at = [...path, 'securityContext'];
      const podAt = [...(template?.path ?? []), 'spec', 'securityContext'];
      const found = [
        own?.privileged === true ? { path: [...at, 'privileged'], says: 'privileged is true' } : undefined,
        own?.capabilities?.add?.some((one) => /^(CAP_)?SYS_ADMIN$|^ALL$/.test(one))
          ? { path: [...at, 'capabilities', 'add'], says: 'has the capability SYS_ADMIN' }
          : undefined,
        own?.runAsUser === 0 ? { path: [...at, 'runAsUser'], says: 'runAsUser is 0' } : undefined,
        own?.runAsUser === undefined && pod?.runAsUser === 0 ? { path: [...podAt, 'runAsUser'], says: 'runAsUser is 0' } : undefined,
        own?.runAsNonRoot === false ? { path: [...at, 'runAsNonRoot'], says: 'runAsNonRoot is false' } : undefined,
        own?.runAsNonRoot === undefined && pod?.runAsNonRoot === false
          ? { path: [...podAt, 'runAsNonRoot'], says: 'runAsNonRoot is false' }
          : undefined,
      ].find((one) => one !== undefined);
      if (!found) return [];
      return [
        {
          object: source,
          path: found.path,
          message: `container ${name} of ${titleOf(source)}: ${found.says}`,
          evidence: [{ object: source, path: found.path, says: found.says }],
          confidence: 'high' as const,
        },
      ];
    });
  },
};
