// Manifests as users bring them are taken with strict validation and read back with upstream's defaults.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasKubectl, inputs, startLab, type TestLab } from './harness.ts';

describe.skipIf(!hasKubectl())('manifests of the exercise', { timeout: 120_000 }, () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await startLab('manifests');
    await lab.tryKubectl(['apply', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'data' } }),
    });
  }, 60_000);
  afterAll(() => lab?.[Symbol.asyncDispose](), 90_000);

  it.each(['statefulset', 'local-storage', 'csi-driver', 'storageclass-fast-ssd', 'local-provisioner-config'])(
    '%s.yaml is accepted',
    async (name) => {
      const applied = await lab.tryKubectl(['apply', '--validate=strict', '-f', join(inputs, `${name}.yaml`)]);
      expect(applied.stderr).toBe('');
      expect(applied.code).toBe(0);
      const again = await lab.kubectl('apply', '-f', join(inputs, `${name}.yaml`));
      // kubectl cannot compute an empty patch for claim templates, whose defaults the server adds inside an atomic list.
      const expected = name === 'statefulset' ? / configured$/ : / unchanged$/;
      for (const line of again.trim().split('\n')) expect(line).toMatch(expected);
    },
  );

  it("reads the StatefulSet back with upstream's defaults", async () => {
    const set = JSON.parse(await lab.kubectl('get', 'statefulset', 'cockroachdb', '-n', 'data', '-o', 'json')) as {
      readonly spec: Record<string, unknown>;
      readonly metadata: Record<string, unknown>;
    };
    expect(set.metadata['generation']).toBe(1);
    expect(set.spec).toMatchObject({
      replicas: 3,
      revisionHistoryLimit: 10,
      podManagementPolicy: 'Parallel',
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      template: {
        spec: {
          restartPolicy: 'Always',
          dnsPolicy: 'ClusterFirst',
          schedulerName: 'default-scheduler',
          securityContext: {},
          terminationGracePeriodSeconds: 60,
          containers: [
            {
              imagePullPolicy: 'IfNotPresent',
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
              ports: [
                { containerPort: 26257, name: 'grpc', protocol: 'TCP' },
                { containerPort: 8080, name: 'http', protocol: 'TCP' },
              ],
              readinessProbe: {
                httpGet: { path: '/health?ready=1', port: 'http', scheme: 'HTTP' },
                failureThreshold: 3,
                successThreshold: 1,
                timeoutSeconds: 1,
              },
            },
          ],
        },
      },
      volumeClaimTemplates: [
        { apiVersion: 'v1', kind: 'PersistentVolumeClaim', spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } },
      ],
    });
    // A gate that is off in 1.32 drops the field.
    expect(JSON.stringify(set.spec['updateStrategy'])).not.toContain('maxUnavailable');
  });

  it("refuses an unknown field and a wrong type with upstream's words", async () => {
    const unknown = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'wrong' }, dta: {} };
    const strict = await lab.tryKubectl(['create', '-f', '-'], { input: JSON.stringify(unknown) });
    expect(strict.stderr).toContain(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dta"',
    );
    const wrong = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'wrong' },
      spec: {
        replicas: 'three',
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    };
    const typed = await lab.tryKubectl(['create', '-f', '-'], { input: JSON.stringify(wrong) });
    expect(typed.stderr).toContain('json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32');
  });
});
