import { describe, expect, test } from 'vitest';
import { serverFixture } from './server.fixture.ts';

const PODS = '/api/v1/namespaces/default/pods';
type Spec = Record<string, unknown>;

const pod = (spec: Spec, metadata: Spec = {}): unknown => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', ...metadata },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
const withContainer = (container: Spec, spec: Spec = {}): unknown =>
  pod({ containers: [{ name: 'c', image: 'i', ...container }], ...spec });

async function errorsOf(object: unknown): Promise<string> {
  const fixture = serverFixture();
  const answer = await fixture.call('POST', PODS, object);
  expect(fixture.bugs).toEqual([]);
  expect(answer.code, JSON.stringify(answer.object)).toBe(422);
  return answer.message.replace(/^Pod "[^"]*" is invalid: /, '');
}

describe('a pod is refused', () => {
  test.each<[string, unknown, string]>([
    ['without containers', pod({ containers: [] }), 'spec.containers: Required value'],
    ['containers that are null', pod({ containers: null }), 'spec.containers: Required value'],
    ['with a container without a name', pod({ containers: [{ image: 'i' }] }), 'spec.containers[0].name: Required value'],
    [
      'name of a container',
      pod({ containers: [{ name: 'A_', image: 'i' }] }),
      "spec.containers[0].name: Invalid value: \"A_\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
    ['without an image', pod({ containers: [{ name: 'c' }] }), 'spec.containers[0].image: Required value'],
    [
      'two containers of one name',
      pod({
        containers: [
          { name: 'c', image: 'i' },
          { name: 'c', image: 'i' },
        ],
      }),
      'spec.containers[1].name: Duplicate value: "c"',
    ],
    [
      'spaces around an image',
      withContainer({ image: ' i' }),
      'spec.containers[0].image: Invalid value: " i": must not have leading or trailing whitespace',
    ],
    [
      'restart policy',
      pod({ restartPolicy: 'Sometimes' }),
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      'DNS policy',
      pod({ dnsPolicy: 'X' }),
      'spec.dnsPolicy: Unsupported value: "X": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
    ],
    [
      'DNS policy None without settings',
      pod({ dnsPolicy: 'None' }),
      'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
    ],
    [
      'two sources in one volume',
      pod({ volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x', type: '' } }] }),
      'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
    ],
    ['secret without a name', pod({ volumes: [{ name: 'v', secret: {} }] }), 'spec.volumes[0].secret.secretName: Required value'],
    [
      'claim without a name',
      pod({ volumes: [{ name: 'v', persistentVolumeClaim: {} }] }),
      'spec.volumes[0].persistentVolumeClaim.claimName: Required value',
    ],
    [
      'mode of files',
      pod({ volumes: [{ name: 'v', secret: { secretName: 's', defaultMode: 4096 } }] }),
      'spec.volumes[0].secret.defaultMode: Invalid value: 4096: must be a number between 0 and 0777 (octal), both inclusive',
    ],
    [
      'climbing paths',
      pod({ volumes: [{ name: 'v', configMap: { name: 'm', items: [{ key: 'k', path: '../x' }] } }] }),
      'spec.volumes[0].configMap.items[0].path: Invalid value: "../x": must not contain \'..\'',
    ],
    [
      'type of a host path',
      pod({ volumes: [{ name: 'v', hostPath: { path: '/x', type: 'Pipe' } }] }),
      'spec.volumes[0].hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
    [
      'mount of no volume',
      withContainer({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      'two mounts at one path',
      withContainer(
        {
          volumeMounts: [
            { name: 'v', mountPath: '/v' },
            { name: 'v', mountPath: '/v' },
          ],
        },
        { volumes: [{ name: 'v', emptyDir: {} }] },
      ),
      'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique',
    ],
    ['port 0', withContainer({ ports: [{ containerPort: 0 }] }), 'spec.containers[0].ports[0].containerPort: Required value'],
    [
      'port beyond 65535',
      withContainer({ ports: [{ containerPort: 70000 }] }),
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      'protocol',
      withContainer({ ports: [{ containerPort: 1, protocol: 'ICMP' }] }),
      'spec.containers[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      'host ports twice',
      withContainer({
        ports: [
          { containerPort: 1, hostPort: 9 },
          { containerPort: 2, hostPort: 9 },
        ],
      }),
      'spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//9"',
    ],
    [
      'variable with "=" in its name',
      withContainer({ env: [{ name: 'A=B' }] }),
      'spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
    ],
    [
      'variable from nothing',
      withContainer({ env: [{ name: 'A', valueFrom: {} }] }),
      'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
    ],
    [
      'variable with a value and a source',
      withContainer({ env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
      'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ],
    [
      'field that pods do not have',
      withContainer({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.bogus' } } }] }),
      'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.bogus": error converting fieldPath: field label not supported: spec.bogus',
    ],
    [
      'request above its limit',
      withContainer({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      'negative request',
      withContainer({ resources: { requests: { memory: '-1' } } }),
      'spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
    ],
    [
      'resource that containers do not have',
      withContainer({ resources: { limits: { pods: '1' } } }),
      '[spec.containers[0].resources.limits[pods]: Invalid value: "pods": must be a standard resource for containers, spec.containers[0].resources.requests[pods]: Invalid value: "pods": must be a standard resource for containers]',
    ],
    [
      'probe without a handler',
      withContainer({ livenessProbe: {} }),
      'spec.containers[0].livenessProbe: Required value: must specify a handler type',
    ],
    [
      'probe with two handlers',
      withContainer({ readinessProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 } } }),
      'spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
    ],
    [
      'liveness that needs two successes',
      withContainer({ livenessProbe: { exec: { command: ['x'] }, successThreshold: 2 } }),
      'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
    ],
    [
      'init container with probes',
      pod({ initContainers: [{ name: 'i', image: 'i', livenessProbe: { exec: { command: ['x'] } } }] }),
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
    [
      'restart policy of an ordinary container',
      withContainer({ restartPolicy: 'Always' }),
      'spec.containers[0].restartPolicy: Forbidden: may not be set for non-init containers',
    ],
    [
      'ephemeral containers',
      pod({ ephemeralContainers: [{ name: 'e', image: 'i', targetContainerName: 'c' }] }),
      'spec.ephemeralContainers: Forbidden: cannot be set on create',
    ],
    [
      'toleration',
      pod({ tolerations: [{ operator: 'Equal', value: 'x', effect: 'NoExecute' }] }),
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
    [
      'spread',
      pod({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} }] }),
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
    ],
    [
      'weight of an affinity',
      pod({
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 101, preference: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
            ],
          },
        },
      }),
      'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
    ],
    [
      'affinity without terms',
      pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } }),
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
    ],
    [
      'user below zero',
      pod({ securityContext: { runAsUser: -1 } }),
      'spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ],
    [
      'privileges',
      withContainer({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
      'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ],
    [
      'host name',
      pod({ hostname: 'a.b' }),
      "spec.hostname: Invalid value: \"a.b\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
    [
      'deadline',
      pod({ activeDeadlineSeconds: 0 }),
      'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
    ],
    [
      'finalizer without a domain',
      pod({}, { finalizers: ['mine'] }),
      'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ],
    [
      'owner without a name',
      pod({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: '', uid: 'u' }] }),
      'metadata.ownerReferences.name: Invalid value: "": name must not be empty',
    ],
    [
      'label value',
      pod({}, { labels: { a: 'b c' } }),
      "metadata.labels: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
    [
      'annotations beyond 256 KiB',
      pod({}, { annotations: { a: 'x'.repeat(262145) } }),
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
  ])('%s', async (_name, object, message) => {
    expect(await errorsOf(object)).toBe(message);
  });

  test('with all errors in one answer, in order, with causes', async () => {
    const answer = await serverFixture().call('POST', PODS, pod({ containers: [{}], restartPolicy: 'x' }));
    expect(answer.message).toBe(
      'Pod "p" is invalid: [spec.containers[0].name: Required value, spec.containers[0].image: Required value, spec.restartPolicy: Unsupported value: "x": supported values: "Always", "OnFailure", "Never"]',
    );
    expect(answer.causes).toEqual([
      'spec.containers[0].name: FieldValueRequired: Required value',
      'spec.containers[0].image: FieldValueRequired: Required value',
      'spec.restartPolicy: FieldValueNotSupported: Unsupported value: "x": supported values: "Always", "OnFailure", "Never"',
    ]);
  });
});

describe('an update of a pod', () => {
  const update = async (change: (spec: Spec) => Spec, spec: Spec = {}): Promise<string> => {
    const fixture = serverFixture();
    const { object } = await fixture.call('POST', PODS, pod(spec));
    const answer = await fixture.call('PUT', `${PODS}/p`, { ...object, spec: change(object['spec'] as Spec) });
    expect(fixture.bugs).toEqual([]);
    return answer.code === 200 ? 'ok' : answer.message.replace(/^Pod "p" is invalid: /, '');
  };
  const FIXED =
    'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

  test.each<[string, (spec: Spec) => Spec, string, Spec?]>([
    ['image', (spec) => ({ ...spec, containers: [{ ...(spec['containers'] as Spec[])[0], image: 'j' }] }), 'ok'],
    ['deadline', (spec) => ({ ...spec, activeDeadlineSeconds: 9 }), 'ok'],
    ['host name', (spec) => ({ ...spec, hostname: 'x' }), FIXED],
    ['node selector', (spec) => ({ ...spec, nodeSelector: { a: 'b' } }), FIXED],
    ['node selector behind a gate', (spec) => ({ ...spec, nodeSelector: { a: 'b' } }), 'ok', { schedulingGates: [{ name: 'g.io/g' }] }],
    [
      'another container',
      (spec) => ({ ...spec, containers: [...(spec['containers'] as Spec[]), { name: 'd', image: 'i' }] }),
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ],
    [
      'more tolerations',
      (spec) => ({ ...spec, tolerations: [...(spec['tolerations'] as Spec[]), { key: 'a', operator: 'Exists' }] }),
      'ok',
    ],
    [
      'fewer tolerations',
      (spec) => ({ ...spec, tolerations: [] }),
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ],
    [
      'a new gate',
      (spec) => ({ ...spec, schedulingGates: [{ name: 'g.io/g' }] }),
      "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g.io/g'",
    ],
  ])('%s', async (_name, change, message, spec) => {
    expect(await update(change, spec)).toBe(message);
  });
});

test('warnings', async () => {
  const answer = await serverFixture().call(
    'POST',
    PODS,
    pod({
      nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
      containers: [
        {
          name: 'c',
          image: 'i',
          env: [
            { name: 'A', value: '1' },
            { name: 'A', value: '2' },
          ],
          ports: [{ containerPort: 80 }, { containerPort: 80 }],
        },
      ],
    }),
  );
  expect(answer.code).toBe(201);
  expect(answer.warnings.split(', 299').map((text) => text.replace(/^(299)? - /, ''))).toEqual([
    String.raw`"spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead"`,
    String.raw`"spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply"`,
    '"spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]"',
  ]);
});
