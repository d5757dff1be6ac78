// The time between SIGTERM and SIGKILL is too short for the engine.
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

/** What every pod gets that says nothing. */
const DEFAULT_SECONDS = 30;

export const rule: Rule = {
  id: 'short-grace-period',
  title: 'a database is killed before it has stopped',
  about:
    "After terminationGracePeriodSeconds (30 where nothing is said) the container is killed. An engine needs that time to hand over leadership, to end transactions and to write its last checkpoint. 0 kills at once and also tells the API server not to wait for the node, so that two instances with the same identity may run. The figure for each engine is its own documentation's, or the 30 s of Kubernetes.",
  loss: 'every restart becomes a crash: recovery from the log, failed requests during failover, and with engines that do not write synchronously the last writes',
  fix: 'set terminationGracePeriodSeconds to what the engine needs for a clean stop under load',
  sources: [
    'https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination',
    'https://www.cockroachlabs.com/docs/stable/node-shutdown#termination-grace-period-on-kubernetes',
    'https://www.rabbitmq.com/kubernetes/operator/using-operator#graceful-shutdown',
    'https://docs.nats.io/running-a-nats-service/nats_admin/lame_duck_mode',
    'https://kubernetes.io/docs/tutorials/stateful-application/cassandra/',
  ],
  mistakes: [6],
  severity: 'error',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source, template, engine }) {
    if (!template) return [];
    const said = template.value.spec?.terminationGracePeriodSeconds;
    const seconds = said ?? DEFAULT_SECONDS;
    const needed = engine?.graceSeconds ?? DEFAULT_SECONDS;
    if (seconds >= needed) return [];
    const path = [...template.path, 'spec', ...(said === undefined ? [] : ['terminationGracePeriodSeconds'])];
    const says = said === undefined ? `says nothing, which means ${DEFAULT_SECONDS} s` : `says ${seconds} s`;
    return [
      {
        object: source,
        path,
        message: `${titleOf(source)} is killed ${seconds} s after it is told to stop${engine ? `; ${engine.name} needs ${needed} s or more` : ''}`,
        evidence: [{ object: source, path, says: `${says}${engine ? ` (${engine.name}: ${engine.graceSource})` : ''}` }],
        ...(seconds <= 5 ? {} : { severity: 'warning' as const }),
        ...(seconds > 5 ? { severity: 'warning' as const } : {}),
        fix: `set terminationGracePeriodSeconds to ${needed} or more`,
        edits: [{ path: [...template.path, 'spec', 'terminationGracePeriodSeconds'], value: needed }],
        confidence: said === undefined ? 'medium' : 'high',
      },
    ];
  },
};
