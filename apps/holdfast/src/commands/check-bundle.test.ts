// A check of one file is done before what it does not need could be loaded: what the bundle loads at once is looked at here.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import { expect, it } from 'vitest';

const SCRIPT = pathToFileURL(join(import.meta.dirname, '../../../../scripts/build.mjs')).href;

it('loads neither the full YAML parser, nor CEL, nor the client, nor what only other commands need', async () => {
  const { checkBundle } = (await import(SCRIPT)) as { readonly checkBundle: BuildOptions };
  const { outputs } = (await build({ ...checkBundle, metafile: true, write: false })).metafile;
  const start = Object.keys(outputs).find((file) => file.endsWith('/check-run.mjs'));
  const loaded = new Set<string>();
  const follow = (file: string): void => {
    const output = outputs[file];
    if (!output || loaded.has(file)) return;
    loaded.add(file);
    for (const { path, kind } of output.imports) if (kind === 'import-statement') follow(path);
  };
  follow(start ?? '');
  const modules = [...loaded].flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}));
  expect(modules).toContain('packages/advise/src/check.ts');
  expect(modules.filter((file) => file.includes('node_modules/'))).toEqual([]);
  expect(modules.filter((file) => /\/(cel|full-yaml|yaml-edit|html|sarif|junit|design|client|kubeconfig)\b/.test(file))).toEqual([]);
});
