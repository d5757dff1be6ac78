// Whether this machine has what `exec -t` needs.
import { findInPath } from '../runtime/process/exec.ts';

/** False, with a printed reason, without the program `script`. */
export function hasTerminal(): boolean {
  const found = findInPath('script', process.env['PATH'] ?? '') !== undefined;
  if (!found) console.warn('skipped: script (Debian: bsdutils) is not on this machine: exec with a terminal is not tested');
  return found;
}
