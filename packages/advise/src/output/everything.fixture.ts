// A check with something of everything: findings of all severities, a suppressed one, a broken document, a duplicate, an unknown kind.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { check, type CheckResult } from '../check.ts';
import { loadPaths } from '../load/load.ts';

const RULES_FOLDER = join(import.meta.dirname, '../rules');

const MORE = `apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: kept
  namespace: data
  annotations:
    ignore.holdfast.dev/cpu-limit: "until 2030-01-01: pinned CPUs <on purpose>"
spec:
  serviceName: kept
  replicas: 1
  selector: { matchLabels: { app: kept } }
  template:
    metadata: { labels: { app: kept } }
    spec:
      containers:
        - name: main
          image: "postgres:16"
          resources: { limits: { cpu: 500m } }
---
apiVersion: example.com/v1
kind: Gadget
metadata: { name: "a & b" }
---
broken: "yes
`;

/** The examples of all rules together, and MORE from standard input. */
export async function checkEverything(): Promise<CheckResult> {
  const examples = readdirSync(RULES_FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(RULES_FOLDER, name, 'examples'));
  const loaded = await loadPaths([...examples, '-'], async () => MORE);
  return check({ ...loaded, notListed: new Set(['Pod']) }, { today: '2026-11-26' });
}
