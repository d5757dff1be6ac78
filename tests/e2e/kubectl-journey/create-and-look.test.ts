// Generators of `kubectl create`, and all the ways to look at what is there.
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
    'creates with generators',
    async () => {
      const surprise = await walk(journey, [
        ['kubectl wait --for=condition=Ready node --all --timeout=30s', 'node/n1 condition met'],
        ['kubectl create namespace shop', 'namespace/shop created'],
        ['kubectl create namespace shop', 'Error from server (AlreadyExists): namespaces "shop" already exists', 'fails'],
        ['kubectl create configmap cm --from-literal=a=1 --from-literal=b=2 -n shop', 'configmap/cm created'],
        ['kubectl create secret generic s --from-literal=p=geheim -n shop', 'secret/s created'],
        [
          'kubectl create secret docker-registry reg --docker-server=r.io --docker-username=u --docker-password=p -n shop',
          'secret/reg created',
        ],
        ['kubectl create serviceaccount sa -n shop', 'serviceaccount/sa created'],
        ['kubectl create deployment web --image=nginx:1.27 --replicas=2 -n shop', 'deployment.apps/web created'],
        ['kubectl create job once --image=busybox -n shop -- true', 'job.batch/once created'],
        ['kubectl create cronjob often --image=busybox --schedule="*/5 * * * *" -n shop -- true', 'cronjob.batch/often created'],
        ['kubectl create service clusterip web --tcp=80:8080 -n shop', 'service/web created'],
        ['kubectl create service nodeport np --tcp=80:8080 -n shop', 'service/np created'],
        ['kubectl create ingress in --rule="x.io/*=web:80" -n shop', 'ingress.networking.k8s.io/in created'],
        ['kubectl create poddisruptionbudget pdb --selector=app=web --min-available=1 -n shop', 'poddisruptionbudget.policy/pdb created'],
        ['kubectl create quota q --hard=pods=50 -n shop', 'resourcequota/q created'],
        ['kubectl create priorityclass high --value=1000', 'priorityclass.scheduling.k8s.io/high created'],
        ['kubectl create role r --verb=get,list --resource=pods -n shop', 'role.rbac.authorization.k8s.io/r created'],
        ['kubectl create rolebinding rb --role=r --serviceaccount=shop:sa -n shop', 'rolebinding.rbac.authorization.k8s.io/rb created'],
        ['kubectl create clusterrole cr --verb=get --resource=nodes', 'clusterrole.rbac.authorization.k8s.io/cr created'],
        ['kubectl create clusterrolebinding crb --clusterrole=cr --user=eve', 'clusterrolebinding.rbac.authorization.k8s.io/crb created'],
        ['kubectl run alone --image=nginx -n shop --labels=app=alone,tier=x --env=A=1', 'pod/alone created'],
        ['kubectl create configmap dry --from-literal=a=1 --dry-run=server -n shop', 'configmap/dry created (server dry run)'],
        ['kubectl get configmap dry -n shop', 'Error from server (NotFound): configmaps "dry" not found', 'fails'],
        ['kubectl create deployment x --image=a --dry-run=client -o yaml', /kind: Deployment[\s\S]*image: a/],
        [
          'kubectl create -f - <<< \'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"gen-"}}\'',
          /configmap\/gen-[bcdfghjklmnpqrstvwxz2456789]{5} created/,
        ],
        [
          'kubectl create -f - <<< \'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"bad"},"spec":{"bogus":1,"containers":[{"name":"c","image":"i"}]}}\'',
          'strict decoding error: unknown field "spec.bogus"',
          'fails',
        ],
      ]);
      expect(surprise).toBeUndefined();
    },
    TEST_MS,
  );

  it(
    'waits for what it has created',
    async () => {
      const surprise = await walk(journey, [
        ['kubectl wait --for=condition=Available deployment/web -n shop --timeout=30s', 'deployment.apps/web condition met'],
        ['kubectl wait --for=condition=Ready pod -l app=web -n shop --timeout=30s', /pod\/web-\S+ condition met/],
        ["kubectl wait --for=jsonpath='{.status.phase}'=Running pod/alone -n shop --timeout=30s", 'pod/alone condition met'],
        ['kubectl wait --for=delete pod/nobody -n shop --timeout=5s', /^$/],
        [
          'kubectl wait --for=condition=Never deployment/web -n shop --timeout=1s',
          'timed out waiting for the condition on deployments/web',
          'fails',
        ],
      ]);
      expect(surprise).toBeUndefined();
    },
    TEST_MS,
  );

  it(
    'shows objects in every form',
    async () => {
      const surprise = await walk(journey, [
        ['kubectl get deployment -n shop', /NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nweb\s+2\/2\s+2\s+2/],
        ['kubectl get deploy web -n shop -o wide', /CONTAINERS\s+IMAGES\s+SELECTOR\nweb .*nginx\s+nginx:1.27\s+app=web/],
        ['kubectl get pods -n shop -l app=web --no-headers', /^web-\S+\s+1\/1\s+Running/m],
        ['kubectl get pods -A', /NAMESPACE\s+NAME\s+READY/],
        ['kubectl get pods -n shop -l "app in (web,alone),tier!=y" -o name', 'pod/alone'],
        ['kubectl get pods -n shop --show-labels', 'app=alone,tier=x'],
        ['kubectl get pods -n shop -L tier', /TIER\n/],
        ['kubectl get pods -n shop --field-selector=status.phase=Running -o name', 'pod/alone'],
        ['kubectl get pods -n shop --field-selector=spec.foo=x', 'field label not supported: spec.foo', 'fails'],
        ['kubectl get pods -n shop --sort-by=.metadata.name -o name', /pod\/alone[\s\S]*pod\/web-/],
        [
          'kubectl get cm cm -n shop -o yaml',
          /^apiVersion: v1\ndata:\n {2}a: "1"\n {2}b: "2"\nkind: ConfigMap\nmetadata:\n {2}creationTimestamp: /,
        ],
        [
          'kubectl get cm cm -n shop -o yaml --show-managed-fields',
          /managedFields:\n {2}- apiVersion: v1\n {4}fieldsType: FieldsV1\n {4}fieldsV1:\n {6}f:data:\n[\s\S]*manager: kubectl-create\n {4}operation: Update/,
        ],
        ['kubectl get cm cm -n shop -o json', '"kind": "ConfigMap"'],
        ["kubectl get cm cm -n shop -o jsonpath='{.data.a}-{.data.b}'", /^1-2$/],
        ["kubectl get cm cm -n shop -o go-template='{{.data.a}}'", /^1$/],
        ['kubectl get cm cm -n shop -o custom-columns=N:.metadata.name,A:.data.a', /N\s+A\ncm\s+1/],
        ['kubectl get cm,secret -n shop -o name', /configmap\/cm[\s\S]*secret\/s/],
        ['kubectl get all -n shop', /pod\/alone[\s\S]*service\/web[\s\S]*deployment.apps\/web[\s\S]*job.batch\/once/],
        ['kubectl get nope', `error: the server doesn't have a resource type "nope"`, 'fails'],
        ['kubectl get --raw /version', /"gitVersion": ?"v1\.32/],
        ['kubectl get --raw /healthz', /^ok$/],
        ['kubectl get ns shop -o jsonpath={.status.phase}', /^Active$/],
        [
          'kubectl get pdb,quota,ingress -n shop',
          /poddisruptionbudget.policy\/pdb[\s\S]*resourcequota\/q[\s\S]*ingress.networking.k8s.io\/in/,
        ],
        ['kubectl get sa -n shop', /default[\s\S]*sa/],
        ['timeout 2 kubectl get pods -n shop -w --no-headers', /alone\s+1\/1\s+Running/, 'fails'],
        ['kubectl get events -n shop --field-selector=involvedObject.name=alone', /Scheduled[\s\S]*pod\/alone/],
        ['kubectl events -n shop --for pod/alone', 'Successfully assigned shop/alone to n'],
      ]);
      expect(surprise).toBeUndefined();
    },
    TEST_MS,
  );

  it(
    'describes',
    async () => {
      const surprise = await walk(journey, [
        ['kubectl describe pod alone -n shop', /Name:\s+alone[\s\S]*Events:[\s\S]*Scheduled/],
        ['kubectl describe deployment web -n shop', /Replicas:\s+2 desired \| 2 updated \| 2 total \| 2 available[\s\S]*ScalingReplicaSet/],
        ['kubectl describe node n1', /Name:\s+n1[\s\S]*Non-terminated Pods:/],
        ['kubectl describe svc web -n shop', /Selector:\s+app=web[\s\S]*TargetPort:\s+8080\/TCP/],
        ['kubectl describe cm cm -n shop', /a:\n----\n1/],
        ['kubectl describe secret s -n shop', 'p:  6 bytes'],
        ['kubectl describe pdb pdb -n shop', /Min available:\s+1/],
      ]);
      expect(surprise).toBeUndefined();
    },
    TEST_MS,
  );

  it(
    'knows what the server serves',
    async () => {
      const surprise = await walk(journey, [
        ['kubectl api-resources', /statefulsets\s+sts\s+apps\/v1\s+true\s+StatefulSet/],
        ['kubectl api-resources --namespaced=false -o name', 'nodes'],
        ['kubectl api-resources --api-group=policy', /poddisruptionbudgets\s+pdb\s+policy\/v1/],
        ['kubectl api-resources --verbs=patch --categories=all -o wide', /deployments[\s\S]*\bpatch\b/],
        ['kubectl api-versions', /^apps\/v1$/m],
        ['kubectl version', /Server Version: v1\.32|GitVersion:"v1\.32/],
        ['kubectl cluster-info', 'Kubernetes control plane'],
        ['kubectl config view --minify', 'server: https://127.0.0.1'],
        ['kubectl config current-context', 'journey'],
      ]);
      expect(surprise).toBeUndefined();
    },
    TEST_MS,
  );

  it(
    'explains',
    async () => {
      const surprise = await walk(journey, [
        [
          'kubectl explain sts',
          /GROUP:\s+apps\nKIND:\s+StatefulSet\nVERSION:\s+v1\n\nDESCRIPTION:\n\s+Pods with a stable name[\s\S]*FIELDS:/,
        ],
        [
          'kubectl explain sts.spec.volumeClaimTemplates',
          /FIELD: volumeClaimTemplates <\[\]PersistentVolumeClaim>[\s\S]*Claims that each pod gets[\s\S]*spec\s+<PersistentVolumeClaimSpec>/,
        ],
        ['kubectl explain pod.spec.containers.livenessProbe', /periodSeconds\s+<integer>\n\s+Seconds between checks/],
        ['kubectl explain pod --recursive', /containers\s+<\[\]Container>[\s\S]*terminationGracePeriodSeconds\s+<integer>/],
        ['kubectl explain sc.volumeBindingMode', /FIELD: volumeBindingMode <string>[\s\S]*WaitForFirstConsumer/],
        ['kubectl explain pvc.spec.resources.requests', /requests <map\[string\]Quantity>/],
        ['kubectl explain deployment.spec.strategy.rollingUpdate.maxSurge', /<IntOrString>/],
        ['kubectl explain pod.spec.nope', 'field "nope" does not exist', 'fails'],
      ]);
      expect(surprise).toBeUndefined();
    },
    TEST_MS,
  );

  it(
    'deletes',
    async () => {
      const surprise = await walk(journey, [
        ['kubectl delete pod alone -n shop', 'pod "alone" deleted'],
        ['kubectl delete cm -n shop -l none=none', 'No resources found'],
        ['kubectl delete cm cm -n shop --dry-run=server', 'configmap "cm" deleted (server dry run)'],
        ['kubectl delete deploy web -n shop --cascade=orphan', 'deployment.apps "web" deleted'],
        ['kubectl get rs -n shop', /web-\S+\s+2/],
        ['kubectl delete rs,job --all -n shop', 'job.batch "once" deleted'],
        ['kubectl delete cm nope -n shop --ignore-not-found', /^$/],
        ['kubectl delete cm nope -n shop', 'Error from server (NotFound): configmaps "nope" not found', 'fails'],
        ['kubectl delete ns shop --timeout=60s', 'namespace "shop" deleted'],
      ]);
      expect(surprise).toBeUndefined();
    },
    TEST_MS,
  );
});
