// What holdfast.yaml and its baseline say, ready for a check.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  CHANGE_RULES,
  type CheckSettings,
  type Config,
  ConfigError,
  NO_CONFIG,
  readBaseline,
  readConfig,
  type Rule,
  RULES,
} from '@holdfast/advise';
import type { Environment } from '../environment.ts';
import type { CheckOptions } from './check-options.ts';

/** The config file of the current folder, where --config names no other. */
const DEFAULT_CONFIG = 'holdfast.yaml';

/** Settings, with the config and the rules always there. */
export type FullSettings = CheckSettings & { readonly config: Config; readonly rules: readonly Rule[] };

/** Rejects with ConfigError. CEL is loaded only for a file that has rules. */
export async function checkSettings({ clock }: Environment, options: CheckOptions): Promise<FullSettings> {
  const file = typeof options.config === 'string' ? options.config : DEFAULT_CONFIG;
  const today = new Date(clock.now()).toISOString().slice(0, 10);
  if (options.config === false || (options.config === undefined && !existsSync(file))) return { config: NO_CONFIG, rules: RULES, today };
  const known = [...RULES, ...CHANGE_RULES].map(({ id }) => id);
  const config = await readConfig(read(file), file, known);
  const own = config.rules.length === 0 ? [] : (await import('@holdfast/advise/custom-rules')).compileCustomRules(config.rules);
  const baseline = config.baseline === undefined ? undefined : join(dirname(file), config.baseline);
  return {
    config,
    rules: [...RULES, ...own],
    today,
    // A baseline that is being written need not be there yet.
    ...(baseline === undefined || options.writeBaseline !== undefined ? {} : { baseline: readBaseline(read(baseline), baseline) }),
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
