// An update that the API server will refuse.
import { deepEqual, isRecord, STATEFUL_SET_MUTABLE, STATEFUL_SET_MUTABLE_LATER } from '@holdfast/schema';
import { type FieldPath, pathText, titleOf } from '../../model/sourced-object.ts';
import { valueAt } from '../../model/value-at.ts';
import type { RuleFinding } from '../../rule.ts';
import { type ChangeRule, withDefaults } from '../change.ts';

/** Fields of other kinds that must stay. */
const FIXED: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Deployment: [['spec', 'selector']],
  DaemonSet: [['spec', 'selector']],
  StorageClass: [['provisioner'], ['parameters'], ['reclaimPolicy'], ['volumeBindingMode']],
  PersistentVolumeClaim: [
    ['spec', 'accessModes'],
    ['spec', 'storageClassName'],
    ['spec', 'volumeMode'],
    ['spec', 'selector'],
    ['spec', 'dataSource'],
  ],
};

export const rule: ChangeRule = {
  id: 'immutable-field',
  title: 'an update changes a field that cannot be changed',
  about:
    'Of a StatefulSet only replicas, template, updateStrategy and a few more may change: larger claims, another class, another Service or selector are refused. The usual way out, deleting the set, deletes its pods, and with some retention policies its claims. The fields of a StorageClass, the selector of a Deployment and most of a claim cannot change either. The history limit of a StatefulSet may change from Kubernetes 1.33 on, and is a warning. Both sides are compared with the defaults of the API server filled in.',
  loss: 'the update fails half-way through; whoever deletes and creates the object to get it in stops the database',
  fix: 'for a StatefulSet: kubectl delete statefulset --cascade=orphan, then apply; resize its claims one by one beforehand. For a class: make one under another name',
  sources: [
    'https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#limitations',
    'https://github.com/kubernetes/kubernetes/issues/69041',
  ],
  mistakes: [26],
  severity: 'error',
  check({ before, after }) {
    if (!after) return [];
    const [was, is] = [withDefaults(before), withDefaults(after)];
    const fixed =
      after.kind === 'StatefulSet'
        ? fieldsOf(was, is).filter(([, field]) => !STATEFUL_SET_MUTABLE.includes(field ?? ''))
        : (FIXED[after.kind] ?? []);
    return fixed
      .filter((path) => changed(valueAt(was, path), valueAt(is, path)))
      .map((path): RuleFinding => {
        const where: FieldPath = path;
        const since = after.kind === 'StatefulSet' ? STATEFUL_SET_MUTABLE_LATER.get(path[1] ?? '') : undefined;
        return {
          object: after,
          path: where,
          message: `${pathText(where)} of ${titleOf(after)} changes, which ${since === undefined ? 'is refused' : `servers before ${since} refuse`}`,
          evidence: [
            { object: before, path: where, says: `was ${shown(valueAt(was, where))}` },
            { object: after, path: where, says: `is to be ${shown(valueAt(is, where))}` },
          ],
          ...(since === undefined ? { confidence: 'high' } : { confidence: 'medium', severity: 'warning' }),
        };
      });
  },
};

function fieldsOf(was: unknown, is: unknown): readonly (readonly string[])[] {
  const names = [valueAt(was, ['spec']), valueAt(is, ['spec'])].flatMap((spec) => (isRecord(spec) ? Object.keys(spec) : []));
  return [...new Set(names)].map((name) => ['spec', name]);
}

/** A cluster adds status, names and times to claim templates; what a file leaves out of a claim the cluster fills in. */
function changed(was: unknown, is: unknown): boolean {
  if (is === undefined) return false;
  return !deepEqual(cleaned(was), cleaned(is));
}

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned);
  if (!isRecord(value)) return value;
  const left = Object.entries(value).filter(
    ([key, member]) => key !== 'status' && key !== 'creationTimestamp' && key !== 'apiVersion' && key !== 'kind' && member !== undefined,
  );
  return Object.fromEntries(left.map(([key, member]) => [key, cleaned(member)]));
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}
