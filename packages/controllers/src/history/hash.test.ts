import { decodeTyped, type PodTemplateSpec } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { revisionHash, templateHash } from './hash.ts';
import { revisionData } from './revisions.ts';

/** A template as a server keeps it, defaults and all. */
function templateWith(container: Readonly<Record<string, unknown>>, metadata: Readonly<Record<string, unknown>>): PodTemplateSpec {
  const given = {
    metadata,
    spec: {
      containers: [
        { terminationMessagePolicy: 'File', terminationMessagePath: '/dev/termination-log', imagePullPolicy: 'Always', ...container },
      ],
      terminationGracePeriodSeconds: 30,
      securityContext: {},
      schedulerName: 'default-scheduler',
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
    },
  };
  return decodeTyped('io.k8s.api.core.v1.PodTemplateSpec', given).object as unknown as PodTemplateSpec;
}

describe("the hash in the name of a StatefulSet's revision", () => {
  test('is the one that kube-controller-manager gave', () => {
    const nginx = templateWith({ name: 'nginx', image: 'nginx' }, { labels: { app: 'nginx-sts' } });
    expect(revisionHash(revisionData(nginx), 0)).toBe('6798d68dcd');
    const annotated = templateWith({ name: 'test', image: 'test' }, { labels: { app: 'foo' }, annotations: { test: 'value' } });
    expect(revisionHash(revisionData(annotated), 0)).toBe('c77f6d978');
  });

  test('changes with the collision count', () => {
    const data = revisionData({ spec: { containers: [] } });
    expect(new Set([0, 1, 2].map((count) => revisionHash(data, count))).size).toBe(3);
  });
});

test('no hash depends on the order in which fields were written', () => {
  const one: PodTemplateSpec = {
    metadata: { labels: { app: 'web', tier: 'db' } },
    spec: { dnsPolicy: 'Default', containers: [{ name: 'c', image: 'i' }] },
  };
  const other: PodTemplateSpec = {
    spec: { containers: [{ image: 'i', name: 'c' }], dnsPolicy: 'Default' },
    metadata: { labels: { tier: 'db', app: 'web' } },
  };
  expect(templateHash(other, 0)).toBe(templateHash(one, 0));
  expect(revisionHash(revisionData(other), 0)).toBe(revisionHash(revisionData(one), 0));
  expect(templateHash(other, 1)).not.toBe(templateHash(one, 0));
  expect(templateHash({ ...other, spec: { containers: [{ image: 'j', name: 'c' }], dnsPolicy: 'Default' } }, 0)).not.toBe(
    templateHash(one, 0),
  );
});
