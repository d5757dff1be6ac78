// `npm run bench`: builds what is out of date, then runs the measurements of bench/.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';

await bootstrap();
const result = spawnSync(join(root, 'node_modules', '.bin', 'tsx'), [join(root, 'bench', 'main.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(result.status ?? 1);
