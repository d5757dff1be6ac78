// Logs, streams of simulated nodes, metadata-only reads, and what a user sees when something is not there.
import { crdbClusterDefinition } from '@holdfast/operator';
import type { Chapter } from './journey.ts';
const DEFINITION = JSON.stringify(crdbClusterDefinition());

export const STREAMS_AND_MORE: readonly Chapter[] = [
  {
    title: 'explains the operator’s own kind',
    steps: [
      [
        `kubectl apply -f - <<'EOF'\n${DEFINITION}\nEOF`,
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
    ],
  },
  {
    title: 'says what pods of simulated nodes cannot do',
    steps: [
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
    ],
  },
  {
    title: 'debugs, and looks at the cluster as a whole',
    steps: [
      ['kubectl run q --image=nginx', 'pod/q created'],
      ['kubectl wait --for=condition=Ready pod/q --timeout=30s', 'condition met'],
      [
        'kubectl debug q --image=busybox --container=dbg --attach=false -- sleep 1',
        /^(Targeting .*\n|--profile=legacy is deprecated.*\n)*$/,
      ],
      ["kubectl get pod q -o jsonpath='{.spec.ephemeralContainers[0].name}'", /^dbg$/],
      [
        'kubectl debug q --image=busybox --copy-to=q2 --attach=false',
        /^(Defaulting debug container name to \S+\n|--profile=legacy is deprecated.*\n)*$/,
      ],
      ['kubectl get pod q2 -o jsonpath={.spec.containers[*].image}', /nginx.*busybox|busybox.*nginx/],
      [
        'kubectl debug node/n1 --image=busybox --attach=false',
        /Creating debugging pod node-debugger-n1-\w+ with container debugger on node n1/,
      ],
      ['kubectl events --types=Normal', /REASON[\s\S]*Started/],
      ['kubectl get events -A --sort-by=.metadata.creationTimestamp --no-headers | wc -l', /^\s*[1-9]\d*\n$/],
      ['kubectl label pods --all seen=yes', 'pod/q labeled'],
      ['kubectl label pod q --list', 'seen=yes'],
      ['kubectl get pods -l seen=yes --chunk-size=1 -o name', /pod\/q\n/],
      ['kubectl cluster-info dump --namespaces default | head -c 200', '"kind": "NodeList"'],
      ['kubectl delete pods --all --now', 'pod "q" deleted'],
    ],
  },
];
