// What is going on right now: on a terminal one line that is written over, elsewhere plain lines.

/** Where lines go, and whether it is a terminal. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface LiveLine {
  /** Replaces the last one; where there is no terminal, a line of its own unless it says the same. */
  status(text: string): void;
  /** Stays, above what is going on. */
  line(text: string): void;
  /** Takes the live line away; what it said is new again. */
  clear(): void;
}

const CLEAR_LINE = '\r\u001b[2K';
const COLUMNS = 80;
const FEWEST = 20;

export function liveLine(output: ProgressOutput): LiveLine {
  let live = false;
  let last = '';
  const clear = (): void => {
    if (live) output.write(CLEAR_LINE);
    live = false;
    last = '';
  };
  const line = (text: string): void => {
    // What was written over has to be said again, what stands above has not.
    if (live) clear();
    output.write(`${text}\n`);
  };
  return {
    line,
    clear,
    status: (text) => {
      if (text === last) return;
      last = text;
      if (!output.isTTY) return line(text);
      // A line that wraps could not be written over.
      output.write(`${CLEAR_LINE}${text.slice(0, Math.max(FEWEST, (output.columns || COLUMNS) - 1))}`);
      live = true;
    },
  };
}
