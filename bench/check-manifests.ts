// Manifests for the measurements of `holdfast check`: databases with what belongs to them, other workloads, and configuration.

/** About a kilobyte each, as the manifests are against which other checkers were measured. Every tenth database has a mistake or two. */
export function manifests(objects: number): string {
  const documents = [CLASS];
  for (let index = 0; documents.length < objects; index++) documents.push(...application(index));
  return documents.slice(0, objects).join('---\n');
}

const CLASS = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: fast }
provisioner: ebs.csi.aws.com
parameters: { type: gp3, encrypted: "true" }
reclaimPolicy: Retain
volumeBindingMode: WaitForFirstConsumer
allowVolumeExpansion: true
`;

function application(index: number): readonly string[] {
  const [name, namespace] = [`db-${index}`, `team-${index % 50}`];
  return [
    database(name, namespace, index),
    `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector: { app: ${name} }
  ports:
    - { name: client, port: 5432 }
`,
    `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app: ${name}
`,
    `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-${index}
  namespace: ${namespace}
spec:
  replicas: 2
  selector: { matchLabels: { app: web-${index} } }
  template:
    metadata: { labels: { app: web-${index} } }
    spec:
      containers:
        - name: web
          image: nginx:1.27.2
          env:
${lines(24, (line) => `            - name: OPTION_${line}\n              value: "value ${line} of application ${index}"`)}
`,
    `apiVersion: v1
kind: ConfigMap
metadata:
  name: web-${index}
  namespace: ${namespace}
data:
  web.conf: |
${lines(36, (line) => `    option_${line} = "value ${line} of application ${index}"`)}
`,
  ];
}

function database(name: string, namespace: string, index: number): string {
  const image = ['postgres:16.4', 'mysql:8.4.3', 'quay.io/coreos/etcd:v3.5.16'][index % 3];
  const path = ['/var/lib/postgresql/data', '/var/lib/mysql', '/var/lib/etcd'][index % 3];
  return `apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: ${name}
  namespace: ${namespace}
  annotations:
    holdfast.dev/backup: nightly, by the platform
    holdfast.dev/restore-rehearsed: "2026-03-01"
    holdfast.dev/failover-rehearsed: "2026-03-01"
spec:
  serviceName: ${name}
  replicas: 3
  podManagementPolicy: Parallel
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      terminationGracePeriodSeconds: ${index % 10 === 0 ? 5 : 60}
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - topologyKey: kubernetes.io/hostname
              labelSelector: { matchLabels: { app: ${name} } }
      containers:
        - name: main
          image: ${image}
          ports: [{ name: client, containerPort: 5432 }]
          resources:
            requests: { cpu: "1", memory: 4Gi }
            limits: { memory: 4Gi${index % 10 === 0 ? ', cpu: "1"' : ''} }
          readinessProbe: { tcpSocket: { port: 5432 }, periodSeconds: 5 }
          volumeMounts: [{ name: data, mountPath: ${path} }]
          env:
${lines(12, (line) => `            - name: SETTING_${line}\n              value: "value ${line} of database ${index}"`)}
  volumeClaimTemplates:
    - metadata: { name: data }
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: fast
        resources: { requests: { storage: 50Gi } }
`;
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}
