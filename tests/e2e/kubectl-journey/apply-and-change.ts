// Applying in three ways, and every way to change an object.
import type { Chapter } from './journey.ts';

const MAP = (data: string, more = ''): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n${more}data:\n${data}`;
const DEPLOYMENT = (replicas: number, image: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: ${replicas}
  selector:
    matchLabels: {app: d}
  template:
    metadata:
      labels: {app: d}
    spec:
      containers:
      - name: c
        image: ${image}
        ports:
        - containerPort: 80
`;
const SET = `apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: s
spec:
  replicas: 2
  serviceName: s
  selector:
    matchLabels: {app: s}
  template:
    metadata:
      labels: {app: s}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: c
        image: db:1
`;
const CRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.ex.io
spec:
  group: ex.io
  scope: Namespaced
  names: {plural: widgets, kind: Widget, shortNames: [wi]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    schema:
      openAPIV3Schema:
        type: object
        description: A thing of a size.
        properties:
          spec:
            type: object
            description: What is wanted.
            properties:
              size: {type: integer, minimum: 1, description: How large it is.}
`;
const from = (command: string, text: string): string => `${command} -f - <<'EOF'\n${text}\nEOF`;
const editor = (script: string): string => `KUBE_EDITOR="sed -i ${script}"`;

export const APPLY_AND_CHANGE: readonly Chapter[] = [
  {
    title: 'applies on the client side',
    steps: [
      [from('kubectl apply', MAP('  a: "1"\n  b: "2"')), 'configmap/m created'],
      [from('kubectl apply', MAP('  a: "1"\n  b: "2"')), 'configmap/m unchanged'],
      [from('kubectl diff', MAP('  a: "9"')), /-\s+a: "1"\n-\s+b: "2"\n\+\s+a: "9"/, 'fails'],
      [from('kubectl apply', MAP('  a: "9"')), 'configmap/m configured'],
      ['kubectl get cm m -o jsonpath={.data}', '{"a":"9"}'],
      ['kubectl apply view-last-applied cm m', 'a: "9"'],
      [from('kubectl apply --dry-run=server', MAP('  a: "8"')), 'configmap/m configured (server dry run)'],
      [
        from(
          'kubectl apply',
          'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: l1}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: l2}',
        ),
        /configmap\/l1 created\nconfigmap\/l2 created/,
      ],
      [
        from(
          'kubectl apply --prune -l part=x --prune-allowlist=core/v1/ConfigMap',
          'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: p, labels: {part: x}}',
        ),
        'configmap/p created',
      ],
      [from('kubectl apply', MAP('  a: "9"', '  bogus: 1\n')), 'unknown field "metadata.bogus"', 'fails'],
      [from('kubectl apply', DEPLOYMENT(1, 'nginx:1')), 'deployment.apps/d created'],
      [from('kubectl apply', DEPLOYMENT(1, 'nginx:2').replace('containerPort: 80', 'containerPort: 81')), 'deployment.apps/d configured'],
      ["kubectl get deploy d -o jsonpath='{.spec.template.spec.containers[0].ports[*].containerPort}'", /^81$/],
    ],
  },
  {
    title: 'applies on the server side',
    steps: [
      [
        from('kubectl apply --server-side', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ss}\ndata: {x: "1", w: "1"}'),
        'configmap/ss serverside-applied',
      ],
      [
        from('kubectl apply --server-side --field-manager=other', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ss}\ndata: {x: "2"}'),
        /Apply failed with 1 conflict: conflict with "kubectl": \.data\.x/,
        'fails',
      ],
      [
        from(
          'kubectl apply --server-side --field-manager=other --force-conflicts',
          'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ss}\ndata: {x: "2"}',
        ),
        'configmap/ss serverside-applied',
      ],
      ['kubectl get cm ss -o jsonpath={.data}', '{"w":"1","x":"2"}'],
      [
        from('kubectl apply --server-side', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ss}\ndata: {z: "1"}'),
        'configmap/ss serverside-applied',
      ],
      ['kubectl get cm ss -o jsonpath={.data}', '{"x":"2","z":"1"}'],
      ['kubectl scale deploy d --replicas=3', 'deployment.apps/d scaled'],
      [
        from('kubectl apply --server-side --field-manager=x', DEPLOYMENT(2, 'nginx:2')),
        /conflict with "kubectl" with subresource "scale" using apps\/v1: \.spec\.replicas|conflicts with "kubectl" with subresource "scale" using apps\/v1:\n- \.spec\.replicas/,
        'fails',
      ],
      [from('kubectl apply --server-side', MAP('  a: "9"\n  new: "1"')), 'configmap/m serverside-applied'],
      ['kubectl get cm m -o jsonpath="{.metadata.managedFields[*].manager}"', /^kubectl kubectl-last-applied$/],
      [from('kubectl apply --server-side --dry-run=server', MAP('  a: "7"')), 'configmap/m serverside-applied (server dry run)'],
      [from('kubectl diff --server-side', MAP('  a: "7"')), /\+\s+a: "7"/, 'fails'],
      [
        from('kubectl apply --server-side', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ss}\nbogus: 1'),
        'failed to create typed patch object (default/ss; /v1, Kind=ConfigMap): .bogus: field not declared in schema',
        'fails',
      ],
    ],
  },
  {
    title: 'patches',
    steps: [
      [
        `kubectl patch deploy d -p '{"spec":{"template":{"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"1"}]}]}}}}'`,
        'deployment.apps/d patched',
      ],
      [
        "kubectl get deploy d -o jsonpath='{.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[0].value}'",
        /^nginx:2 1$/,
      ],
      [`kubectl patch cm m --type=merge -p '{"data":{"b":"3","a":null}}'`, 'configmap/m patched'],
      [`kubectl patch cm m --type=json -p '[{"op":"replace","path":"/data/b","value":"4"}]'`, 'configmap/m patched'],
      [
        `kubectl patch cm m --type=json -p '[{"op":"remove","path":"/data/nope"}]'`,
        'the server rejected our request due to an error in our request',
        'fails',
      ],
      [`kubectl patch cm m --type=merge -p '{"data":{"b":"4"}}'`, 'configmap/m patched (no change)'],
      [`kubectl patch deploy d --subresource=scale --type=merge -p '{"spec":{"replicas":2}}'`, 'patched'],
      [`kubectl patch cm m -p '{"data":{"b":7}}'`, 'cannot unmarshal number into Go struct field ConfigMap.data of type string', 'fails'],
    ],
  },
  {
    title: 'labels, annotates, edits and replaces',
    steps: [
      ['kubectl label cm m tier=x', 'configmap/m labeled'],
      ['kubectl label cm m tier=y', "error: 'tier' already has a value (x), and --overwrite is false", 'fails'],
      ['kubectl label cm m tier=y --overwrite', 'configmap/m labeled'],
      ['kubectl label cm m tier-', 'configmap/m unlabeled'],
      ['kubectl label cm m "tier=a b"', 'a valid label must be an empty string or consist of alphanumeric characters', 'fails'],
      ['kubectl annotate cm m note=hello', /configmap\/m annotated?\n/],
      ['kubectl annotate cm m note-', /configmap\/m annotated?\n/],
      [`${editor('s/b:/bb:/')} kubectl edit cm m`, 'configmap/m edited'],
      ['kubectl get cm m -o jsonpath={.data.bb}', /^4$/],
      ['KUBE_EDITOR=true kubectl edit cm m', 'Edit cancelled, no changes made.'],
      ['kubectl get cm m -o yaml | sed s/bb:/b:/ | kubectl replace -f -', 'configmap/m replaced'],
      [
        `kubectl get cm m -o json | sed 's/"resourceVersion": "[0-9]*"/"resourceVersion": "1"/' | kubectl replace -f -`,
        'the object has been modified; please apply your changes to the latest version and try again',
        'fails',
      ],
      [from('kubectl replace --force', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: l1}\ndata: {n: "1"}'), 'configmap/l1 replaced'],
    ],
  },
  {
    title: 'rolls out',
    steps: [
      ['kubectl rollout status deploy/d --timeout=60s', 'deployment "d" successfully rolled out'],
      ['kubectl set image deploy/d c=nginx:3', 'deployment.apps/d image updated'],
      ['kubectl rollout status deploy d --timeout=60s', 'successfully rolled out'],
      ['kubectl rollout history deploy/d', /deployment.apps\/d\s*\nREVISION\s+CHANGE-CAUSE\n/],
      ['kubectl rollout history deploy/d --revision=1', /Pod Template:[\s\S]*Image:\s+nginx:1/],
      ['kubectl rollout undo deploy/d', 'deployment.apps/d rolled back'],
      ['kubectl get deploy d -o jsonpath={..image}', /^nginx:2$/],
      ['kubectl rollout pause deploy/d', 'deployment.apps/d paused'],
      ['kubectl set resources deploy/d -c=c --limits=cpu=200m,memory=64Mi', 'deployment.apps/d resource requirements updated'],
      ['kubectl set env deploy/d B=2', 'deployment.apps/d env updated'],
      ['kubectl set env deploy/d --list', 'B=2'],
      ['kubectl rollout resume deploy/d', 'deployment.apps/d resumed'],
      ['kubectl rollout restart deploy/d', 'deployment.apps/d restarted'],
      ['kubectl rollout status deploy/d --timeout=60s', 'successfully rolled out'],
      ['kubectl set serviceaccount deploy/d default', 'deployment.apps/d serviceaccount updated'],
      ['kubectl expose deploy d --port=80 --target-port=8080 --name=dsvc', 'service/dsvc exposed'],
      ['kubectl set selector svc dsvc app=d,x=y', 'service/dsvc selector updated'],
      ['kubectl autoscale deploy d --min=1 --max=3 --cpu-percent=80', 'horizontalpodautoscaler.autoscaling/d autoscaled'],
      ['kubectl scale deploy d --current-replicas=9 --replicas=1', 'xpected replicas to be 9', 'fails'],
    ],
  },
  {
    title: 'runs stateful sets',
    steps: [
      [from('kubectl apply', SET), 'statefulset.apps/s created'],
      ['kubectl rollout status sts/s --timeout=60s', /rolling update complete 2 pods|roll out complete/],
      ['kubectl scale sts s --replicas=3', 'statefulset.apps/s scaled'],
      ['kubectl wait --for=jsonpath={.status.readyReplicas}=3 sts/s --timeout=30s', 'condition met'],
      ['kubectl set image sts/s c=db:2', 'statefulset.apps/s image updated'],
      ['kubectl rollout status sts/s --timeout=60s', /complete/],
      ['kubectl rollout history sts/s', /REVISION/],
      ['kubectl rollout undo sts/s', 'statefulset.apps/s rolled back'],
      ['kubectl rollout status sts/s --timeout=60s', /complete/],
      ['kubectl get pods -l app=s -o jsonpath={..spec.containers[0].image}', /^db:1 db:1 db:1$/],
      [`kubectl patch sts s -p '{"spec":{"serviceName":"x"}}'`, 'updates to statefulset spec for fields other than', 'fails'],
    ],
  },
  {
    title: 'serves custom resources',
    steps: [
      [from('kubectl apply', CRD), 'customresourcedefinition.apiextensions.k8s.io/widgets.ex.io created'],
      ['kubectl wait --for=condition=Established crd/widgets.ex.io --timeout=10s', 'condition met'],
      [from('kubectl apply', 'apiVersion: ex.io/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 3}'), 'widget.ex.io/w created'],
      ['kubectl get wi', /NAME\s+SIZE\nw\s+3/],
      ['kubectl explain widget.spec', /KIND:\s+Widget[\s\S]*What is wanted\.[\s\S]*size\s+<integer>\n\s+How large it is\./],
      [
        from('kubectl apply', 'apiVersion: ex.io/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 0}'),
        'spec.size in body should be greater than or equal to 1',
        'fails',
      ],
      [
        from('kubectl apply', 'apiVersion: ex.io/v1\nkind: Widget\nmetadata: {name: w}\nspec: {sice: 1}'),
        'unknown field "spec.sice"',
        'fails',
      ],
      [
        from('kubectl apply --server-side', 'apiVersion: ex.io/v1\nkind: Widget\nmetadata: {name: v}\nspec: {size: 5}'),
        'widget.ex.io/v serverside-applied',
      ],
      [`kubectl patch wi w --type=merge -p '{"spec":{"size":4}}'`, 'widget.ex.io/w patched'],
      ['kubectl delete crd widgets.ex.io', 'deleted'],
      ['kubectl get widgets', /could not find the requested resource|doesn't have a resource type/, 'fails'],
    ],
  },
  {
    title: 'looks after nodes',
    steps: [
      ['kubectl cordon n1', 'node/n1 cordoned'],
      ['kubectl get node n1', /n1\s+Ready,SchedulingDisabled/],
      ['kubectl uncordon n1', 'node/n1 uncordoned'],
      ['kubectl taint nodes n1 k=v:NoSchedule', 'node/n1 tainted'],
      ['kubectl taint nodes n1 k=v:NoSchedule-', 'node/n1 untainted'],
      ['kubectl label node n1 disk=fast', 'node/n1 labeled'],
      ['kubectl drain n2 --ignore-daemonsets --delete-emptydir-data --force --timeout=60s', 'node/n2 drained'],
      ['kubectl uncordon n2', 'node/n2 uncordoned'],
    ],
  },
  {
    title: 'asks who may do what',
    steps: [
      ['kubectl auth can-i create pods', /^yes/],
      // kubectl 1.27 asks for a beta version that 1.32 no longer serves.
      ['kubectl auth whoami || true', /Username\s+kubernetes-admin|selfsubjectreviews API is not enabled/],
      ['kubectl auth can-i --list', /Resources\s+Non-Resource URLs/],
      ['kubectl create token default', /^eyJ[\w-]+\.[\w-]+\.[\w-]+\s*$/],
    ],
  },
  {
    title: 'applies folders of kustomize',
    steps: [
      [
        "mkdir -p kust && printf 'namePrefix: k-\\nresources: [m.yaml]\\n' > kust/kustomization.yaml && printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: m}\\ndata: {a: \"1\"}\\n' > kust/m.yaml && kubectl kustomize kust",
        'name: k-m',
      ],
      ['kubectl apply -k kust', 'configmap/k-m created'],
      ['sed -i \'s/"1"/"2"/\' kust/m.yaml && kubectl diff -k kust', /-\s+a: "1"\n\+\s+a: "2"/, 'fails'],
      ['kubectl apply -k kust', 'configmap/k-m configured'],
      ['kubectl delete -k kust', 'configmap "k-m" deleted'],
    ],
  },
  {
    title: 'drains within a budget',
    steps: [
      ['kubectl create deployment guarded --image=nginx --replicas=3', 'deployment.apps/guarded created'],
      ['kubectl create pdb guard --selector=app=guarded --min-available=3', 'poddisruptionbudget.policy/guard created'],
      ['kubectl rollout status deploy/guarded --timeout=60s', 'successfully rolled out'],
      ["kubectl wait --for=jsonpath='{.status.currentHealthy}'=3 pdb/guard --timeout=30s", 'condition met'],
      [
        'node=$(kubectl get pods -l app=guarded -o jsonpath={.items[0].spec.nodeName}); timeout 4 kubectl drain $node --ignore-daemonsets --force --delete-emptydir-data',
        /error when evicting pods?\/"guarded-\S+" .*\(will retry after 5s\): Cannot evict pod as it would violate the pod's disruption budget\./,
        'fails',
      ],
      ['kubectl get pods -l app=guarded --no-headers | grep -c Running', /^3\n$/],
      ['kubectl uncordon n1 n2 n3', /n\d (already )?uncordoned/],
      ['kubectl delete pdb guard', 'poddisruptionbudget.policy "guard" deleted'],
      ['kubectl delete deploy guarded --now', 'deployment.apps "guarded" deleted'],
    ],
  },
  {
    title: 'gives and reconciles rights',
    steps: [
      ['kubectl create rolebinding readers --clusterrole=view --user=eve', 'rolebinding.rbac.authorization.k8s.io/readers created'],
      ['kubectl set subject rolebinding readers --group=devs', 'rolebinding.rbac.authorization.k8s.io/readers subjects updated'],
      ['kubectl auth can-i list pods --as=eve', /^yes/],
      ['kubectl auth can-i delete pods --as=eve', /^no/, 'fails'],
      ['kubectl auth can-i list pods --as=bob --as-group=devs', /^yes/],
      [
        'kubectl get nodes --as=eve',
        'nodes is forbidden: User "eve" cannot list resource "nodes" in API group "" at the cluster scope',
        'fails',
      ],
      [
        from(
          'kubectl auth reconcile',
          'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: rec, namespace: default}\nrules:\n- {apiGroups: [""], resources: [pods], verbs: [get]}',
        ),
        'role.rbac.authorization.k8s.io/rec reconciled',
      ],
      ['kubectl get role rec -o jsonpath={.rules[0].verbs[0]}', /^get$/],
    ],
  },
];
