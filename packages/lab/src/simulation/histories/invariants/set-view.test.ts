import type { Pod } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { SetView } from './set-view.ts';

describe('what may still be seen of a pod', () => {
  it('is well for as long as its end is not seen, and the time that it has to be ready goes on', () => {
    const view = new SetView();
    view.change({ type: 'MODIFIED', key: 'core/pods/default/db-0', object: readySince(11_000) }, 11_000);
    view.change({ type: 'DELETED', key: 'core/pods/default/db-0', object: readySince(11_000) }, 18_000);
    const wellAt = (nowMs: number, sinceMs: number): boolean => view.wasWell('db-0', sinceMs, nowMs, 9);
    expect(wellAt(19_000, 1000)).toBe(false);
    expect(wellAt(20_000, 1000)).toBe(true);
    expect(wellAt(20_000, 19_000)).toBe(false);
  });
});

function readySince(ms: number): Pod {
  return {
    metadata: {
      name: 'db-0',
      uid: 'first',
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'set', controller: true }],
    },
    spec: { containers: [{ name: 'db', image: 'db:1' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: new Date(ms).toISOString() }] },
  };
}
