// What both README commands do first in a new clone: check Node, install the packages of the lock file, build.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Leaves the process with one sentence when the machine cannot run Holdfast. */
export async function bootstrap() {
  checkNode();
  install();
  const { build } = await import('./build.mjs');
  try {
    if (await build()) console.error('holdfast: built dist/');
  } catch (error) {
    fail(`the build failed: ${error.message}`);
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  if (!supported) fail(`Node ${process.versions.node} is too old: install Node 20.19 or newer (22.12 or newer of the 22 line).`);
}

function install() {
  const lock = join(root, 'package-lock.json');
  const stamp = join(root, 'node_modules', '.holdfast-lock');
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  console.error('holdfast: installing packages (npm ci), once per clone …');
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.error) fail(`npm could not be started (${result.error.message}): install npm, which comes with Node.`);
  if (result.status !== 0)
    fail('npm ci failed: see the lines above; it needs the npm registry or a filled npm cache, and a writable folder.');
  writeFileSync(stamp, hash);
}

function fail(sentence) {
  console.error(`holdfast: ${sentence}`);
  process.exit(1);
}
