// A check's outcome as workflow commands, which GitHub Actions shows beside the lines of a pull request.
import type { CheckResult } from '../check.ts';
import type { Severity } from '../rule.ts';

const COMMANDS = { error: 'error', warning: 'warning', info: 'notice' } as const satisfies Record<Severity, string>;

/** One line for each finding and for each input that could not be read. */
export function toGithub({ findings, loaded }: CheckResult): string {
  const lines = findings.map(({ severity, rule, message, object, path, fix }) => {
    const { line, column } = object.place(path);
    return command(COMMANDS[severity], object.file, line, column, rule, `${message}\nFix: ${fix}`);
  });
  const problems = loaded.problems.map(({ file, line, column, message }) => command('error', file, line, column, 'not checked', message));
  return [...lines, ...problems].map((line) => `${line}\n`).join('');
}

function command(name: string, file: string, line: number, column: number, title: string, message: string): string {
  return `::${name} file=${property(file)},line=${line},col=${column},title=${property(`holdfast ${title}`)}::${data(message)}`;
}

/** As the runner's own toolkit escapes: messages, and more of it in properties. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
