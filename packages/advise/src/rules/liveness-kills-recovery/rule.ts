// A liveness probe that restarts the database while it recovers.
import { deepEqual, type Probe } from '@holdfast/schema';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule, RuleFinding } from '../../rule.ts';

/** Seconds that an engine with a log to replay gets at the least, and any other. */
const SLOW = 60;
const QUICK = 30;

export const rule: Rule = {
  id: 'liveness-kills-recovery',
  title: 'a liveness probe restarts the database while it recovers',
  about:
    'After a crash an engine replays its log, which may take minutes, and answers nothing meanwhile. A liveness probe without a startupProbe kills it after initialDelaySeconds + periodSeconds x failureThreshold (10 s x 3 where nothing is said), and the replay begins anew, for ever. A liveness probe that asks the same as the readiness probe restarts instances that only wait for their peers. Evidence is the time computed from the probe.',
  loss: 'a database that crashed once never comes back, though its data is whole; under load all members are restarted one after the other',
  fix: 'add a startupProbe that allows the longest recovery, or leave the liveness probe out',
  sources: [
    'https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-startup-probes',
    'https://www.cockroachlabs.com/docs/stable/monitoring-and-alerting#health-endpoints',
    'https://github.com/sclorg/postgresql-container/pull/320',
    'https://github.com/helm/charts/issues/5762',
    'https://github.com/bitnami/bitnami-docker-mongodb/issues/87',
  ],
  mistakes: [14],
  severity: 'warning',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source, containers, engine }) {
    return containers.flatMap(({ name, path, spec }): readonly RuleFinding[] => {
      const liveness = spec?.livenessProbe;
      if (!spec || !liveness) return [];
      const at = [...path, 'livenessProbe'];
      const patience = patienceOf(liveness);
      const needed = (engine?.slowRecovery ?? true) ? SLOW : QUICK;
      const common = { object: source, path: at };
      if (spec.startupProbe === undefined && patience < needed) {
        return [
          {
            ...common,
            message: `container ${name} of ${titleOf(source)} is restarted when it has not answered ${patience} s after its start`,
            evidence: [{ object: source, path: at, says: `gives up after ${patience} s, and there is no startupProbe` }],
            severity: patience < QUICK ? 'error' : 'warning',
            confidence: 'high',
          },
        ];
      }
      const asks = ({ exec, grpc, httpGet, tcpSocket }: Probe): unknown => ({ exec, grpc, httpGet, tcpSocket });
      const same =
        spec.readinessProbe !== undefined && liveness.tcpSocket === undefined && deepEqual(asks(liveness), asks(spec.readinessProbe));
      if (!same || patience >= 2 * patienceOf(spec.readinessProbe ?? liveness)) return [];
      return [
        {
          ...common,
          message: `liveness and readiness of container ${name} of ${titleOf(source)} ask the same: an instance that waits for others is restarted`,
          evidence: [
            { object: source, path: at, says: 'asks this' },
            { object: source, path: [...path, 'readinessProbe'], says: 'asks the same' },
          ],
          severity: 'info',
          confidence: 'medium',
        },
      ];
    });
  },
};

/** Seconds from the container's start to its first restart, when nothing ever answers. */
function patienceOf({ initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 }: Probe): number {
  return initialDelaySeconds + periodSeconds * failureThreshold;
}
