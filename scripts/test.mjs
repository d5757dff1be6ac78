// `npm test`: sets up what is missing, checks types, lint, format and layers, then runs every test and counts what was skipped.
// `npm test -- --fast` leaves the checks out; other arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';

await bootstrap();
const args = process.argv.slice(2);
const fast = args.includes('--fast');
const passed = args.filter((arg) => arg !== '--fast');
const bin = (name) => join(root, 'node_modules', '.bin', name);

if (!fast && passed.length === 0) {
  check('types', bin('tsc'), ['-p', 'tsconfig.json']);
  check('lint', bin('oxlint'), ['--type-aware']);
  check('format', bin('biome'), ['format', '.']);
  check('layers', process.execPath, [join(root, 'scripts', 'check-layers.mjs')]);
  check('unused files and dependencies', bin('knip'), ['--no-config-hints']);
}

const report = join(tmpdir(), `holdfast-tests-${process.pid}.json`);
const tests = run(bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...passed]);
summary(report);
rmSync(report, { force: true });
process.exit(tests);

function check(name, command, commandArgs) {
  const status = run(command, commandArgs);
  if (status !== 0) {
    console.error(`holdfast: the check of ${name} failed; see the lines above`);
    process.exit(status);
  }
  console.log(`holdfast: ${name} checked`);
}

function run(command, commandArgs) {
  const result = spawnSync(command, commandArgs, { cwd: root, stdio: 'inherit' });
  if (result.error) {
    console.error(`holdfast: ${command} could not be started: ${result.error.message}`);
    return 1;
  }
  return result.status ?? 1;
}

/** One line that machines can read as well. */
function summary(file) {
  let results;
  try {
    results = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    console.error(`holdfast: the tests wrote no report (${error.message})`);
    return;
  }
  const skipped = results.testResults
    .flatMap((file) => file.assertionResults)
    .filter(({ status }) => status === 'pending' || status === 'skipped');
  if (skipped.length > 0) {
    console.log('\nskipped (the reasons are printed above, where the tests are):');
    for (const { fullName } of skipped) console.log(`  ${fullName}`);
  }
  console.log(
    `\n${results.numPassedTests} passed, ${results.numFailedTests} failed, ${results.numPendingTests + (results.numTodoTests ?? 0)} skipped`,
  );
}
