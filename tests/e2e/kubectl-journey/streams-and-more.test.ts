// Logs, streams of simulated nodes, metadata-only reads, and what a user sees when something is not there.
import { crdbClusterDefinition } from '@holdfast/operator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Journey, kubectls, startJourney, walk } from './journey.ts';

const TEST_MS = 120_000;

describe.each(kubectls())('$name', ({ path }) => {
  let journey: Journey;
  beforeAll(async () => {
    journey = await startJourney(path);
  }, 60_000);
  afterAll(async () => journey[Symbol.asyncDispose]());

  it(
    'explains the operator’s own kind',
    async () => {
      const definition = JSON.stringify(crdbClusterDefinition());
      const surprise = await walk(journey, [
        [
          `kubectl apply -f - <<'EOF'\n${definition}\nEOF`,
          'customresourcedefinition.apiextensions.k8s.io/crdbclusters.crdb.cockroachlabs.com created',
        ],
        ['kubectl wait --for=condition=Established crd --all --timeout=10s', 'condition met'],
        [
          'kubectl explain crdbcluster',
          /KIND:\s+CrdbCluster[\s\S]*CrdbCluster is a CockroachDB cluster\.[\s\S]*spec\s+<Object>\n\s+What is wanted of the cluster\./,
        ],
        ['kubectl explain crdbcluster.spec', /nodes\s+<integer> -required-\n\s+How many nodes the database has/],
        ['kubectl explain crdbcluster.spec.dataStore.pvc.spec', /accessModes\s+<\[\]string>/],
        ['kubectl explain crdbcluster --recursive', /terminationGracePeriodSecs\s+<integer>/],
        ['kubectl get crdb', 'No resources found in default namespace.'],
      ]);
      expect(surprise).toBeUndefined();
    },
    TEST_MS,
  );

  it(
    'says what pods of simulated nodes cannot do',
    async () => {
      const surprise = await walk(journey, [
        ['kubectl wait --for=condition=Ready node --all --timeout=30s', 'condition met'],
        ['kubectl run p --image=nginx', 'pod/p created'],
        ['kubectl wait --for=condition=Ready pod/p --timeout=30s', 'condition met'],
        ['kubectl logs p', /^$/],
        ['kubectl logs p --previous', 'previous terminated container "p" in pod "p" not found', 'fails'],
        ['kubectl logs p -c x', 'container x is not valid for pod p', 'fails'],
        ['kubectl logs nope', /rror from server \(NotFound\): pods "nope" not found/, 'fails'],
        ['kubectl exec p -- ls', 'this node is simulated: it has no processes', 'fails'],
        ['kubectl attach p -i < /dev/null', 'no standard input that could be attached to', 'fails'],
        ['kubectl top pods', 'Metrics API not available', 'fails'],
        ['kubectl auth can-i delete pods --subresource=log', /^(yes|no)/],
        ['kubectl get --raw /apis/nope/v1/things', 'the server could not find the requested resource', 'fails'],
        ['kubectl delete pod p --now', 'pod "p" deleted'],
        ['kubectl create token nobody', 'serviceaccounts "nobody" not found', 'fails'],
        ['kubectl create token default --duration=1h', /^eyJ/],
        ['kubectl get lease -n kube-node-lease', /n1\s+n1/],
      ]);
      expect(surprise).toBeUndefined();
    },
    TEST_MS,
  );
});
