// Settings of a connection: those that change something here, and those that drivers set and read without more.
import { SqlError } from './errors.ts';

/** Names are lower-case. */
const DEFAULTS: Readonly<Record<string, string>> = {
  application_name: '',
  client_encoding: 'UTF8',
  client_min_messages: 'notice',
  database: 'defaultdb',
  datestyle: 'ISO, MDY',
  default_transaction_isolation: 'serializable',
  default_transaction_read_only: 'off',
  extra_float_digits: '1',
  idle_in_transaction_session_timeout: '0',
  intervalstyle: 'postgres',
  lock_timeout: '0',
  search_path: '"$user", public',
  server_version: '13.0.0',
  server_version_num: '130000',
  standard_conforming_strings: 'on',
  statement_timeout: '0',
  timezone: 'UTC',
  transaction_isolation: 'serializable',
  transaction_status: 'NoTxn',
  // A setting of the cluster.
  version: '24.3',
};

const READ_ONLY = new Set(['server_version', 'server_version_num', 'transaction_status', 'version', 'transaction_isolation', 'session_id']);
/** Any other value would change what the answers look like. */
const FIXED: Readonly<Record<string, RegExp>> = {
  client_encoding: /^utf-?8$/i,
  timezone: /^(utc|etc\/utc|gmt|0)$/i,
  standard_conforming_strings: /^(on|true|1)$/i,
  intervalstyle: /^postgres$/i,
};

export class Settings {
  readonly #initial: ReadonlyMap<string, string>;
  #values: Map<string, string>;

  constructor(initial: Readonly<Record<string, string>>) {
    this.#initial = new Map(Object.entries({ ...DEFAULTS, ...initial }));
    this.#values = new Map(this.#initial);
  }

  get all(): ReadonlyMap<string, string> {
    return this.#values;
  }

  get(name: string): string {
    return this.#values.get(name) ?? '';
  }

  /** `undefined` gives the setting its first value again. Throws 42704 and 22023. */
  set(name: string, value: string | undefined): void {
    const key = name.toLowerCase();
    const initial = this.#initial.get(key);
    if (initial === undefined)
      throw new SqlError('42704', `unrecognized configuration parameter "${name}"`, {
        hint: 'This understudy of CockroachDB knows the settings that SHOW ALL lists.',
      });
    if (READ_ONLY.has(key)) throw new SqlError('55P02', `parameter "${name}" cannot be changed`);
    const fixed = FIXED[key];
    if (value !== undefined && fixed && !fixed.test(value))
      throw new SqlError('22023', `invalid value for parameter "${name}": "${value}"`, {
        hint: `This understudy of CockroachDB has ${initial} only.`,
      });
    this.#values.set(key, value ?? initial);
  }

  reset(): void {
    this.#values = new Map(this.#initial);
  }
}
