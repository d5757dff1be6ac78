// Tiny bundles for tests, made in a temporary folder.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is removed with `using`. */
export interface TestFolder extends Disposable {
  readonly path: string;
}

export function testFolder(): TestFolder {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-agent-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** A bundle 'test/tool' with the program /opt/tool/tool (a node script), working folder /opt/tool. Returns its folder. */
export function writeTestBundle(
  parent: string,
  { understudy = false, script = 'process.stdout.write("tool ran\\n")' }: { readonly understudy?: boolean; readonly script?: string } = {},
): string {
  const folder = join(parent, 'bundle');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'tool.mjs'), script);
  const manifest = {
    images: ['test/tool'],
    understudy,
    describe: 'a tool for tests',
    programs: { '/opt/tool/tool': ['{node}', '{bundle}/tool.mjs'] },
    path: ['/opt/tool'],
    workingDir: '/opt/tool',
    entrypoint: ['/opt/tool/tool'],
    cmd: [],
    env: { TOOL: 'yes' },
  };
  writeFileSync(join(folder, 'bundle.json'), JSON.stringify(manifest));
  return folder;
}
