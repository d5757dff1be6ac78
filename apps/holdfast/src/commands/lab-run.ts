// `holdfast lab run`: an exercise end to end, with its report.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError, view } from '@holdfast/lab';
import { COCKROACH_STEPS, type ExerciseReport, runCockroachExercise, textProgress } from '@holdfast/lab/exercise';
import Table from 'cli-table3';
import picocolors from 'picocolors';
import type { Environment } from '../environment.ts';
import { chooseBundles, labContext } from './lab-actions.ts';

export interface LabRunOptions {
  readonly name?: string;
  readonly keep?: boolean;
  readonly json?: string;
  readonly cockroach?: string;
}

const DEFAULT_NAME = 'data-lab';
const OPERATOR_IMAGE = 'holdfast/cockroach-operator:v0.1.0';

export async function labRun(environment: Environment, stateRoot: string, exercise: string, options: LabRunOptions): Promise<void> {
  if (exercise !== 'cockroachdb') throw new LabError(`there is no exercise ${JSON.stringify(exercise)}: there is cockroachdb`);
  const context = labContext(environment, stateRoot);
  const name = options.name ?? freeName(environment, stateRoot);
  const colors = picocolors.createColors(environment.stdout.isTTY === true && !environment.env['NO_COLOR']);
  const paint = { title: colors.bold, command: colors.cyan, good: colors.green, bad: colors.red };
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new LabError('interrupted; the lab ends with this command'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const report = await runCockroachExercise({
    lab: context,
    name,
    keep: options.keep ?? false,
    bundles: chooseBundles(environment, stateRoot, options),
    inputs: join(environment.programFolder, 'exercises', 'cockroachdb'),
    operatorImage: OPERATOR_IMAGE,
    progress: textProgress(environment.stdout, options.keep ? COCKROACH_STEPS - 1 : COCKROACH_STEPS, (kind, text) => paint[kind](text)),
    signal: interrupted.signal,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, interrupt);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  environment.stdout.write(`\n${table(report, colors)}\n`);
  if (options.keep && view(context, name)) {
    environment.stdout.write(
      `\nThe lab is kept:\n\n    export KUBECONFIG=${view(context, name)?.folder.kubeconfig}\n    kubectl get pods -A\n\nEnd it with: holdfast lab down --name ${name}\n`,
    );
  }
  if (!report.passed) {
    environment.stderr.write(`holdfast: the exercise failed${report.error ? `: ${report.error}` : ''}\n`);
    process.exitCode = 1;
  }
}

/** data-lab, or the next name that no lab has. */
function freeName(environment: Environment, stateRoot: string): string {
  const context = labContext(environment, stateRoot);
  for (let count = 1; ; count++) {
    const name = count === 1 ? DEFAULT_NAME : `${DEFAULT_NAME}-${count}`;
    const found = view(context, name);
    // A lab that is stopped and was meant to stay has a state to come back to.
    if (!found || (found.state === 'stopped' && found.record?.ephemeral)) return name;
  }
}

function table(report: ExerciseReport, colors: ReturnType<typeof picocolors.createColors>): string {
  const criteria = new Table({
    head: ['criterion', 'met', 'evidence'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [40, 6, 70],
  });
  for (const { name, met, evidence } of report.criteria) criteria.push([name, met ? colors.green('yes') : colors.red('NO'), evidence]);
  const figures = new Table({ head: ['figure', 'value'], style: { head: [], border: [] }, wordWrap: true, colWidths: [40, 77] });
  figures.push(
    ['acknowledged writes', String(report.writes.acknowledged)],
    ['lost writes', String(report.writes.lost)],
    ['longest gap without an acknowledgement', `${report.writes.longestGapMs} ms`],
    ['from uncordon to three of three', report.recoveryMs === null ? 'not reached' : `${report.recoveryMs} ms`],
    [
      'database',
      report.image.ran === 'understudy'
        ? `UNDERSTUDY in place of ${report.image.requested}: ${report.image.detail}`
        : `${report.image.requested} (${report.image.ran})`,
    ],
    ['the whole exercise', `${(report.steps.reduce((sum, step) => sum + step.durationMs, 0) / 1000).toFixed(1)} s`],
  );
  return `${criteria.toString()}\n${figures.toString()}`;
}
