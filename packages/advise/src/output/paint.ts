// How text for people is coloured; the command decides, by its terminal.

/** Each wraps a text in what the terminal needs. */
export interface Paint {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly info: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

const same = (text: string): string => text;

/** No colour at all. */
export const PLAIN: Paint = { error: same, warning: same, info: same, bold: same, dim: same };
