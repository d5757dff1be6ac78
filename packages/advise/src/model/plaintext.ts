// Settings that tell an engine, or the operator of one, to go without TLS.
import type { FieldPath } from './sourced-object.ts';
import { listAt, valueAt } from './value-at.ts';
import type { Workload } from './workload.ts';

/** A setting, and where it stands. */
export interface Setting {
  readonly path: FieldPath;
  readonly says: string;
}

/** Per engine: arguments that switch it off. Matched in each argument and in scripts. */
const ARGUMENTS: Readonly<Record<string, RegExp>> = {
  cockroachdb: /--insecure\b(?!=false)/,
  postgresql: /\bssl\s*=\s*off\b/,
  mysql: /--skip-ssl\b|--ssl=(0|OFF)\b|--require[-_]secure[-_]transport=(0|OFF)\b/i,
  mongodb: /--(tls|ssl)Mode[= ]disabled/,
  etcd: /--(listen|advertise)-client-urls[= ]\S*http:\/\/(?!127\.0\.0\.1|localhost)/,
};

/** Environment variables of images and settings. */
const VARIABLES: Readonly<Record<string, RegExp>> = {
  elasticsearch: /^(xpack\.security\.enabled=false|xpack\.security\.http\.ssl\.enabled=false|DISABLE_SECURITY_PLUGIN=true)$/,
  mysql: /^MYSQL_ENABLE_SSL=no$/,
  postgresql: /^POSTGRESQL_ENABLE_TLS=no$/,
  etcd: /^ETCD_ADVERTISE_CLIENT_URLS=http:/,
};

/** Custom resources: fields that must not be false. */
const FIELDS: readonly { readonly kind: string; readonly path: readonly string[]; readonly off: unknown }[] = [
  { kind: 'CrdbCluster', path: ['spec', 'tlsEnabled'], off: false },
  { kind: 'PerconaXtraDBCluster', path: ['spec', 'tls', 'enabled'], off: false },
  { kind: 'PerconaServerMongoDB', path: ['spec', 'tls', 'mode'], off: 'disabled' },
];

export function plaintextSettings({ source, containers, engine }: Workload): readonly Setting[] {
  const fields = FIELDS.filter(({ kind, path, off }) => source.kind === kind && valueAt(source.object, path) === off).map(
    ({ path, off }) => ({ path, says: `${path.slice(1).join('.')} is ${String(off)}` }),
  );
  const listeners = listAt(source.object, ['spec', 'kafka', 'listeners']);
  const kafka =
    source.kind === 'Kafka' && listeners.length > 0 && listeners.every((listener) => valueAt(listener, ['tls']) !== true)
      ? [{ path: ['spec', 'kafka', 'listeners'], says: 'no listener has tls: true' }]
      : [];
  const inContainers = containers.flatMap(({ path, spec }): readonly Setting[] => {
    const wanted = ARGUMENTS[engine?.name ?? ''];
    const variables = VARIABLES[engine?.name ?? ''];
    const fromArguments = (['command', 'args'] as const).flatMap((field) =>
      (spec?.[field] ?? []).flatMap((argument, index) => {
        const found = wanted?.exec(argument)?.[0];
        return found === undefined ? [] : [{ path: [...path, field, index], says: found }];
      }),
    );
    const fromVariables = (spec?.env ?? []).flatMap(({ name, value }, index) =>
      variables?.test(`${name}=${value ?? ''}`) ? [{ path: [...path, 'env', index], says: `${name} is ${value}` }] : [],
    );
    return [...fromArguments, ...fromVariables];
  });
  return [...fields, ...kafka, ...inContainers];
}
