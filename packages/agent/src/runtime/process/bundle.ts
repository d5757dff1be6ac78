// An image of the process runtime is a bundle: a folder whose bundle.json says which programs it has.
import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { imageName } from '../image-name.ts';

/** A bundle as read from its folder. Program commands still hold {node} and {bundle}. */
export interface Bundle {
  readonly folder: string;
  readonly images: readonly string[];
  readonly understudy: boolean;
  readonly describe: string;
  readonly programs: ReadonlyMap<string, readonly string[]>;
  readonly path: readonly string[];
  readonly workingDir: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Reads `<folder>/bundle.json`. Throws with one sentence that names the file and the field. */
export function readBundle(folder: string): Bundle {
  const file = join(folder, 'bundle.json');
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (!isRecord(value)) throw new Error(`${file}: must hold a JSON object`);
  const fields = value;
  const fail = (field: string, wanted: string): never => {
    throw new Error(`${file}: ${field}: must be ${wanted}`);
  };
  const strings = (field: string): readonly string[] => {
    const list = fields[field] ?? [];
    return Array.isArray(list) && list.every(isString) ? list : fail(field, 'a list of strings');
  };
  const text = (field: string, fallback: string): string => {
    const found = fields[field] ?? fallback;
    return isString(found) ? found : fail(field, 'a string');
  };
  const images = strings('images').map(imageName);
  if (images.length === 0) fail('images', 'a list of at least one image name');
  const env = fields['env'] ?? {};
  if (!isRecord(env) || !Object.values(env).every(isString)) fail('env', 'an object of strings');
  const workingDir = text('workingDir', '/');
  if (!isAbsolute(workingDir)) fail('workingDir', 'an absolute path');
  return {
    folder: resolve(folder),
    images,
    understudy: fields['understudy'] === true,
    describe: text('describe', ''),
    programs: readPrograms(fields['programs'] ?? {}, fail),
    path: strings('path'),
    workingDir,
    entrypoint: strings('entrypoint'),
    cmd: strings('cmd'),
    env: isRecord(env) ? Object.fromEntries(Object.entries(env).map(([name, entry]) => [name, String(entry)])) : {},
  };
}

/** A program's command with its place-holders filled in. */
export function programCommand(bundle: Bundle, command: readonly string[]): readonly string[] {
  return command.map((word) => word.replaceAll('{node}', process.execPath).replaceAll('{bundle}', bundle.folder));
}

function readPrograms(value: unknown, fail: (field: string, wanted: string) => never): ReadonlyMap<string, readonly string[]> {
  if (!isRecord(value)) return fail('programs', 'an object of lists of strings');
  return new Map(
    Object.entries(value).map(([path, command]) => {
      if (!isAbsolute(path)) return fail(`programs[${JSON.stringify(path)}]`, 'under an absolute path');
      if (!Array.isArray(command) || command.length === 0 || !command.every(isString))
        return fail(`programs[${JSON.stringify(path)}]`, 'a list of strings');
      return [path, command];
    }),
  );
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
