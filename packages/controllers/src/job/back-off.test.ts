import type { Pod } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { endedAtMs, NO_BACK_OFF, nextBackOff, remainingMs } from './back-off.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 1);
const at = (seconds: number): string => new Date(NOW_MS + seconds * 1000).toISOString();
const ended = (name: string, second: number) => ({
  name,
  ready: false,
  restartCount: 0,
  image: '',
  imageID: '',
  state: { terminated: { exitCode: 1, finishedAt: at(second) } },
});
const podThatEnded = (second: number): Pod => ({ metadata: {}, status: { containerStatuses: [ended('c', second)] } });

describe('a pod ended', () => {
  test('with the last of its containers, sidecars included', () => {
    const pod: Pod = {
      metadata: {},
      spec: { containers: [], initContainers: [{ name: 'sidecar', restartPolicy: 'Always' }, { name: 'init' }] },
      status: { containerStatuses: [ended('c', 5), ended('d', 7)], initContainerStatuses: [ended('sidecar', 9), ended('init', 99)] },
    };
    expect(endedAtMs(pod)).toBe(NOW_MS + 9000);
  });

  test('else when it was not ready any more, else when it was deleted, else when it was made', () => {
    const unready = { type: 'Ready', status: 'False', lastTransitionTime: at(4) };
    const deleted = { deletionTimestamp: at(33), deletionGracePeriodSeconds: 30, creationTimestamp: at(1) };
    expect(endedAtMs({ metadata: deleted, status: { conditions: [unready] } })).toBe(NOW_MS + 4000);
    expect(endedAtMs({ metadata: deleted })).toBe(NOW_MS + 3000);
    expect(endedAtMs({ metadata: { creationTimestamp: at(1) } })).toBe(NOW_MS + 1000);
  });
});

test('waits double from 10 seconds to 10 minutes with each failure, and end with a success', () => {
  const one = nextBackOff(NO_BACK_OFF, [], [podThatEnded(0)]);
  expect(remainingMs(one, NOW_MS)).toBe(10_000);
  const three = nextBackOff(one, [], [podThatEnded(1), podThatEnded(2)]);
  expect(remainingMs(three, NOW_MS + 2000)).toBe(40_000);
  expect(remainingMs({ ...three, failures: 20 }, NOW_MS + 2000)).toBe(600_000);
  expect(nextBackOff(three, [podThatEnded(3)], [])).toEqual(NO_BACK_OFF);
  expect(nextBackOff(three, [podThatEnded(3)], [podThatEnded(2), podThatEnded(4)])).toEqual({ failures: 1, lastFailureMs: NOW_MS + 4000 });
});
