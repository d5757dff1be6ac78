#!/usr/bin/env node
// The command as npm links it; the program itself is bundled into dist/ by `npm run build`.
import { existsSync } from 'node:fs';

const program = new URL('../../../dist/holdfast.mjs', import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  console.error('holdfast: not built yet: run `npm ci && npm run build` in the folder of the repository first.');
  process.exitCode = 1;
}
