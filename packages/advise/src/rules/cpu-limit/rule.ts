// A CPU limit on the container of a database.
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'cpu-limit',
  title: 'a database has a CPU limit',
  about:
    'A CPU limit is kept by stopping all threads of the container for the rest of each 100 ms period, also when the node is idle. A database stopped in this way misses heartbeats and leases and holds locks while it sleeps: elections and time-outs under load. A CPU request already guarantees the share. Several checkers demand a limit on every container; for databases that advice is wrong.',
  loss: 'latency of up to 100 ms and more under load, lost leases and elections, at the very moment at which the database is busiest',
  fix: 'remove limits.cpu and keep requests.cpu at what the database needs; keep the memory limit',
  sources: [
    'https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#how-pods-with-resource-limits-are-run',
    'https://www.cockroachlabs.com/docs/stable/kubernetes-performance',
  ],
  mistakes: [4],
  severity: 'warning',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source, containers }) {
    return containers.flatMap(({ name, resources }) => {
      const limit = resources?.value.limits?.['cpu'];
      if (!resources || limit === undefined) return [];
      // Whole CPUs with request equal to limit may be pinned by the static CPU manager; the limit is then what asks for it.
      const pinned = /^\d+$/.test(String(limit)) && String(resources.value.requests?.['cpu'] ?? limit) === String(limit);
      const path = [...resources.path, 'limits', 'cpu'];
      return [
        {
          object: source,
          path,
          message: `${titleOf(source)} limits the CPU of container ${name} to ${String(limit)}`,
          edits: [{ path, value: undefined }],
          evidence: [{ object: source, path, says: `the kernel stops the container once it has used ${String(limit)} CPU` }],
          ...(pinned ? { severity: 'info' as const, confidence: 'medium' as const } : { confidence: 'high' as const }),
        },
      ];
    });
  },
};
