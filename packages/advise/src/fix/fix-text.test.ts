import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../check.ts';
import { withoutDuplicates } from '../load/load.ts';
import { readText } from '../load/read-text.ts';
import type { Finding } from '../rule.ts';
import { RULES } from '../rules/index.ts';
import { fixText } from './fix-text.ts';

async function findingsIn(text: string): Promise<readonly Finding[]> {
  const { objects, problems } = await readText(text, 'a.yaml');
  expect(problems).toEqual([]);
  return check({ ...withoutDuplicates(objects), problems, notListed: new Set(), live: false }).findings;
}

const RULES_FOLDER = join(import.meta.dirname, '../rules');
const EXAMPLES = readdirSync(RULES_FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => /bad.*\.yaml$/.test(file));

describe('examples of all rules', () => {
  it.each(EXAMPLES)('%s: what can be mended is mended, and nothing else is touched', async (file) => {
    const text = readFileSync(join(RULES_FOLDER, file), 'utf8');
    const before = await findingsIn(text);
    const { text: mended, fixed, refused } = fixText(text, before);
    expect(refused).toEqual([]);
    expect(new Set(fixed)).toEqual(new Set(before.filter(({ edits }) => edits !== undefined)));
    const key = ({ rule, message }: Finding): string => `${rule} ${message}`;
    expect((await findingsIn(mended)).map(key)).toEqual(before.filter(({ edits }) => edits === undefined).map(key));
    expect(mended === text).toBe(fixed.length === 0);
  });

  it('mends at least seven kinds of mistakes', async () => {
    const found = await Promise.all(EXAMPLES.map((file) => findingsIn(readFileSync(join(RULES_FOLDER, file), 'utf8'))));
    const fixable = new Set(
      found
        .flat()
        .filter(({ edits }) => edits !== undefined)
        .map(({ rule }) => rule),
    );
    expect(fixable.size).toBeGreaterThanOrEqual(7);
    expect([...fixable].every((id) => RULES.some((rule) => rule.id === id))).toBe(true);
  });
});

const COMMENTED = `# ours
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: db, namespace: data}   # the budget
spec:
    # three of them
    minAvailable: 3
    selector: {matchLabels: {app: db}}
---
# nothing

---
kind: StatefulSet
apiVersion: apps/v1
metadata: {name: db, namespace: data}
spec:
    replicas: 3
    serviceName: 'db'
    persistentVolumeClaimRetentionPolicy: {whenDeleted: "Delete", whenScaled: Retain}
    selector: {matchLabels: {app: db}}
    template:
        metadata: {labels: {app: db}}
        spec:
            containers:
            -   name: main
                image: "etcd:3.5"    # pinned later
                resources:
                    limits:
                        cpu: 500m
                        memory: 1Gi
            -   name: other
                image: busybox
                resources: {limits: {cpu: 1}}
`;

it('keeps comments, order, quotes and spaces', async () => {
  const { text, fixed } = fixText(COMMENTED, await findingsIn(COMMENTED));
  expect(new Set(fixed.map(({ rule }) => rule))).toEqual(new Set(['budget-blocks-drain', 'claims-deleted-with-set', 'cpu-limit']));
  expect(text).toBe(
    COMMENTED.replace('    minAvailable: 3\n', '')
      .replace('    # three of them\n', '    # three of them\n    maxUnavailable: 1\n')
      .replace('"Delete"', 'Retain')
      .replace('                        cpu: 500m\n', ''),
  );
});

it('works with Windows line ends and a byte order mark', async () => {
  const windows = `\uFEFF${COMMENTED.replaceAll('\n', '\r\n')}`;
  const { text } = fixText(windows, await findingsIn(windows));
  expect(text).toBe(`\uFEFF${fixText(COMMENTED, await findingsIn(COMMENTED)).text.replaceAll('\n', '\r\n')}`);
});

it('refuses where an anchor would carry the change elsewhere', async () => {
  const anchored = COMMENTED.replace(
    'resources:\n                    limits:\n                        cpu: 500m\n                        memory: 1Gi',
    'resources: *small',
  ).replace('spec:\n    replicas: 3', 'x-small: &small { limits: { cpu: 500m } }\nspec:\n    replicas: 3');
  const found = await findingsIn(anchored);
  const { text, refused } = fixText(anchored, found);
  expect(refused.map(({ rule }) => rule)).toEqual(['cpu-limit']);
  expect(text).toContain('x-small: &small { limits: { cpu: 500m } }');
});

it('mends items of a List', async () => {
  const list = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: storage.k8s.io/v1\n  kind: StorageClass\n  metadata: { name: fast }\n  provisioner: ebs.csi.aws.com\n- apiVersion: postgresql.cnpg.io/v1\n  kind: Cluster\n  metadata: { name: a, namespace: b }\n  spec: { instances: 3, storage: { size: 1Gi, storageClass: fast } }\n`;
  const { text } = fixText(list, await findingsIn(list));
  expect(text).toBe(list.replace('- apiVersion: storage', '- allowVolumeExpansion: true\n  apiVersion: storage'));
});
