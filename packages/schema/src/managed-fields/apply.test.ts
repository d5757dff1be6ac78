import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyConfiguration, type Applied, describeConflicts } from './apply.ts';
import { type FieldSet, NOTHING } from './field-set.ts';
import { type Managers, writeManagers } from './managers.ts';
import { mergeTypeOf } from './merge-type.ts';
import { setOfValue } from './set-of-value.ts';
import { trackUpdate } from './track-update.ts';

const CONFIG_MAP = mergeTypeOf('io.k8s.api.core.v1.ConfigMap');
const POD = mergeTypeOf('io.k8s.api.core.v1.Pod');

function by(manager: string): { manager: string; apiVersion: string; subresource: string; time: string } {
  return { manager, apiVersion: 'v1', subresource: '', time: '2026-01-01T00:00:00Z' };
}

function apply(live: unknown, managers: Managers, manager: string, config: unknown, force = false, type = CONFIG_MAP): Applied {
  return applyConfiguration({ type, live, config, managers, by: by(manager), force, ignored: NOTHING });
}

function must(applied: Applied): { readonly object: unknown; readonly managers: Managers } {
  if ('conflicts' in applied) throw new Error(describeConflicts(applied.conflicts).message);
  return applied;
}

const pod = (...containers: readonly object[]): object => ({ spec: { containers } });

describe('server-side apply', () => {
  it('removes what its manager no longer states, and keeps what others own', () => {
    const first = must(apply({}, new Map(), 'a', { data: { x: '1', y: '2' } }));
    const second = must(apply(first.object, first.managers, 'b', { data: { y: '2', z: '3' } }));
    const third = must(apply(second.object, second.managers, 'a', { data: {} }));
    expect(third.object).toEqual({ data: { y: '2', z: '3' } });
  });

  it('names the owner of each field that it would change', () => {
    const first = must(apply({}, new Map(), 'a', { data: { x: '1' } }));
    const applied = apply(first.object, first.managers, 'b', { data: { x: '2' } });
    expect('conflicts' in applied && describeConflicts(applied.conflicts)).toEqual({
      message: 'Apply failed with 1 conflict: conflict with "a": .data.x',
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "a"', field: '.data.x' }],
    });
    const forced = must(apply(first.object, first.managers, 'b', { data: { x: '2' } }, true));
    expect(writeManagers(forced.managers)).toMatchObject([{ manager: 'b', fieldsV1: { 'f:data': { 'f:x': {} } } }]);
  });

  it('says by which version an updater owns a field, and lists several conflicts', () => {
    const managers = trackUpdate({
      type: CONFIG_MAP,
      before: {},
      after: { data: { x: '1', y: '1' } },
      managers: new Map(),
      by: by('kubectl'),
      ignored: NOTHING,
    });
    const applied = apply({ data: { x: '1', y: '1' } }, managers, 'b', { data: { x: '2', y: '2' } });
    expect('conflicts' in applied && describeConflicts(applied.conflicts).message).toBe(
      'Apply failed with 2 conflicts: conflicts with "kubectl" using v1:\n- .data.x\n- .data.y',
    );
  });

  it('tells the elements of lists apart by their keys, with defaults', () => {
    const ports = (...list: readonly object[]): object => pod({ name: 'c', ports: list });
    const first = must(apply({}, new Map(), 'a', ports({ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }), false, POD));
    const set = writeManagers(first.managers)?.[0]?.fieldsV1 as unknown as Record<string, Record<string, Record<string, FieldSet>>>;
    const container = set['f:spec']?.['f:containers']?.['k:{"name":"c"}'];
    expect(Object.keys(container?.['f:ports'] ?? {})).toEqual([
      'k:{"containerPort":53,"protocol":"UDP"}',
      'k:{"containerPort":80,"protocol":"TCP"}',
    ]);
    const second = must(apply(first.object, first.managers, 'a', ports({ containerPort: 80, protocol: 'TCP' }), false, POD));
    expect(second.object).toEqual(ports({ containerPort: 80, protocol: 'TCP' }));
  });

  it('merges lists by key and keeps what others added', () => {
    const first = must(apply({}, new Map(), 'a', pod({ name: 'x', image: '1' }), false, POD));
    const second = must(apply(first.object, first.managers, 'b', pod({ name: 'y', image: '2' }), false, POD));
    expect(second.object).toEqual(pod({ name: 'x', image: '1' }, { name: 'y', image: '2' }));
    const third = must(apply(second.object, second.managers, 'b', pod({ name: 'x', image: '1' }), false, POD));
    expect(third.object).toEqual(pod({ name: 'x', image: '1' }));
    expect(writeManagers(third.managers)).toHaveLength(2);
  });

  it('owns atomic lists and maps as a whole', () => {
    const first = must(apply({}, new Map(), 'a', { spec: { nodeSelector: { x: '1' } } }, false, POD));
    expect(apply(first.object, first.managers, 'b', { spec: { nodeSelector: { y: '1' } } }, false, POD)).toMatchObject({
      conflicts: [{ set: { 'f:spec': { 'f:nodeSelector': {} } } }],
    });
  });

  it('keeps the order of the configuration among elements that both have', () => {
    const live = pod({ name: 'a' }, { name: 'mine' }, { name: 'b' });
    const applied = must(apply(live, new Map(), 'm', pod({ name: 'b' }, { name: 'a' }), false, POD));
    expect((applied.object as { spec: { containers: { name: string }[] } }).spec.containers.map(({ name }) => name)).toEqual([
      'mine',
      'b',
      'a',
    ]);
  });

  it('reports what does not fit the type', () => {
    const problems: string[] = [];
    setOfValue(POD, { spec: { bogus: 1, containers: [{ name: 'c', image: 5 }, { name: 'c' }, { image: 'x' }], nodeName: {} } }, problems);
    expect(problems).toEqual([
      '.spec.bogus: field not declared in schema',
      '.spec.containers[name="c"].image: expected string, got &value.valueUnstructured{Value:5}',
      '.spec.containers: duplicate entries for key [name="c"]',
      `.spec.containers: element 2: associative list with keys has an element that omits all key fields ["name"] (and doesn't have default values for any key fields)`,
      '.spec.nodeName: expected string, got &value.valueUnstructured{Value:map[string]interface {}{}}',
    ]);
  });

  it('ends at the configuration when only one manager applies, whatever came before', () => {
    const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'toString'), fc.constantFrom('1', '2'));
    fc.assert(
      fc.property(fc.array(data, { minLength: 1 }), (configs) => {
        let state: { readonly object: unknown; readonly managers: Managers } = { object: {}, managers: new Map() };
        for (const config of configs) state = must(apply(state.object, state.managers, 'a', { data: config }));
        const last = configs.at(-1) ?? {};
        expect(new Map(Object.entries((state.object as { data?: object | null }).data ?? {}))).toEqual(new Map(Object.entries(last)));
      }),
    );
  });

  it('never removes a field that another applier still states', () => {
    const data = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constant('1'));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('m', 'n'), data), { minLength: 1 }), (steps) => {
        let state: { readonly object: unknown; readonly managers: Managers } = { object: {}, managers: new Map() };
        const last = new Map<string, object>();
        for (const [manager, config] of steps) {
          state = must(apply(state.object, state.managers, manager, { data: { ...config, [manager]: 'own' } }));
          last.set(manager, { ...config, [manager]: 'own' });
        }
        const wanted = new Set([...last.values()].flatMap((config) => Object.keys(config)));
        expect(Object.keys((state.object as { data?: object | null }).data ?? {}).toSorted()).toEqual([...wanted].toSorted());
      }),
    );
  });
});

describe('updates', () => {
  it('take a field from its owners when they change it, and merge the oldest into one', () => {
    let managers: Managers = new Map();
    let before: unknown = {};
    for (let i = 0; i < 15; i++) {
      const after = { data: { ...(before as { data?: object }).data, [`k${i}`]: 'v' } };
      const time = `2026-01-01T00:00:${String(i).padStart(2, '0')}Z`;
      managers = trackUpdate({ type: CONFIG_MAP, before, after, managers, by: { ...by(`m${i}`), time }, ignored: NOTHING });
      before = after;
    }
    const entries = writeManagers(managers) ?? [];
    expect(entries).toHaveLength(10);
    const ancient = entries.find(({ manager }) => manager === 'ancient-changes');
    expect(Object.keys((ancient?.fieldsV1 as unknown as Record<string, object> | undefined)?.['f:data'] ?? {})).toEqual([
      '.',
      'f:k0',
      'f:k1',
      'f:k2',
      'f:k3',
      'f:k4',
      'f:k5',
    ]);
    expect(ancient?.time).toBe('2026-01-01T00:00:05Z');
  });
});
