// Settings that let an engine acknowledge what it has not written.
import { isRecord } from '@holdfast/schema';
import type { FieldPath } from './sourced-object.ts';
import { valueAt } from './value-at.ts';
import type { Workload } from './workload.ts';

/** A setting that gives durability away. */
export interface Carelessness {
  readonly path: FieldPath;
  readonly says: string;
  /** 'corruption': the files may be beyond use. 'writes': the last acknowledged ones are lost. */
  readonly loses: 'corruption' | 'writes';
}

interface Pattern {
  readonly engine: string;
  /** Of arguments and scripts; its first group, or the whole, is quoted. */
  readonly argument?: RegExp;
  /** Of NAME=value. */
  readonly variable?: RegExp;
  readonly loses: Carelessness['loses'];
}

/** Sources: each engine's manual, as the rule durability-off names it. */
const PATTERNS: readonly Pattern[] = [
  { engine: 'postgresql', argument: /\b(fsync|full_page_writes)\s*=\s*(off|false|no|0)\b/i, loses: 'corruption' },
  { engine: 'postgresql', argument: /\bsynchronous_commit\s*=\s*(off|false|no|0)\b/i, loses: 'writes' },
  { engine: 'postgresql', variable: /^POSTGRESQL_FSYNC=off$/i, loses: 'corruption' },
  { engine: 'mysql', argument: /--(skip[-_]innodb[-_]doublewrite|innodb[-_]doublewrite=(0|off)\b)/i, loses: 'corruption' },
  { engine: 'mysql', argument: /--(innodb[-_]flush[-_]log[-_]at[-_]trx[-_]commit=0|sync[-_]binlog=0)\b/i, loses: 'writes' },
  { engine: 'mongodb', argument: /--nojournal\b/, loses: 'writes' },
  { engine: 'etcd', argument: /--unsafe-no-fsync(?!=false)\b/, loses: 'corruption' },
  { engine: 'etcd', variable: /^ETCD_UNSAFE_NO_FSYNC=(true|1)$/i, loses: 'corruption' },
  { engine: 'zookeeper', argument: /-Dzookeeper\.forceSync=no\b/, loses: 'writes' },
  { engine: 'zookeeper', variable: /^(JVMFLAGS|SERVER_JVMFLAGS)=.*-Dzookeeper\.forceSync=no\b/, loses: 'writes' },
  { engine: 'kafka', argument: /\bunclean\.leader\.election\.enable=true\b/, loses: 'writes' },
  { engine: 'kafka', variable: /^KAFKA_(CFG_)?UNCLEAN_LEADER_ELECTION_ENABLE=true$/i, loses: 'writes' },
];

/** Custom resources: where they keep settings of the engine, and values that give durability away. */
const SETTINGS: readonly {
  readonly kind: string;
  readonly path: readonly string[];
  readonly values: readonly (readonly [name: string, value: RegExp, loses: Carelessness['loses']])[];
}[] = [
  {
    kind: 'Cluster',
    path: ['spec', 'postgresql', 'parameters'],
    values: [
      ['fsync', /^(off|false|no|0)$/i, 'corruption'],
      ['full_page_writes', /^(off|false|no|0)$/i, 'corruption'],
      ['synchronous_commit', /^(off|false|no|0)$/i, 'writes'],
    ],
  },
  { kind: 'Kafka', path: ['spec', 'kafka', 'config'], values: [['unclean.leader.election.enable', /^true$/i, 'writes']] },
];

/** Each setting with its place, the grave ones first. */
export function carelessSettings({ source, containers, engine }: Workload): readonly Carelessness[] {
  const patterns = PATTERNS.filter((one) => one.engine === engine?.name);
  const inContainers = containers.flatMap(({ path, spec }) =>
    patterns.flatMap(({ argument, variable, loses }): readonly Carelessness[] => [
      ...(['command', 'args'] as const).flatMap((field) =>
        (spec?.[field] ?? []).flatMap((text, index) => {
          const found = argument?.exec(text)?.[0];
          return found === undefined ? [] : [{ path: [...path, field, index], says: found, loses }];
        }),
      ),
      ...(spec?.env ?? []).flatMap(({ name, value }, index) =>
        variable?.test(`${name}=${value ?? ''}`) ? [{ path: [...path, 'env', index], says: `${name}=${value}`, loses }] : [],
      ),
    ]),
  );
  const inFields = SETTINGS.filter(({ kind }) => kind === source.kind).flatMap(({ path, values }) => {
    const settings = valueAt(source.object, path);
    if (!isRecord(settings)) return [];
    return values.flatMap(([name, value, loses]): readonly Carelessness[] => {
      const said = settings[name];
      const text = typeof said === 'string' || typeof said === 'boolean' || typeof said === 'number' ? String(said) : '';
      return value.test(text) ? [{ path: [...path, name], says: `${name} is ${text}`, loses }] : [];
    });
  });
  return [...inContainers, ...inFields].toSorted((a, b) => Number(b.loses === 'corruption') - Number(a.loses === 'corruption'));
}
