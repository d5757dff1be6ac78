import { expect, it } from 'vitest';
import { liveLine } from './live-line.ts';

const CLEAR = '\r\u001b[2K';

function written(isTTY: boolean): string {
  let text = '';
  const live = liveLine({ isTTY, columns: 24, write: (part) => void (text += part) });
  live.status('1 of 3');
  live.status('1 of 3');
  live.line('found one');
  live.status('1 of 3');
  live.status('2 of 3, and a great deal more than there is room for');
  live.clear();
  live.clear();
  live.line('over');
  return text;
}

it('writes over one line of a terminal, no wider than it is, and leaves nothing of it', () => {
  expect(written(true)).toBe(`${CLEAR}1 of 3${CLEAR}found one\n${CLEAR}1 of 3${CLEAR}2 of 3, and a great dea${CLEAR}over\n`);
});

it('writes each state once where there is no terminal', () => {
  expect(written(false)).toBe('1 of 3\nfound one\n2 of 3, and a great deal more than there is room for\nover\n');
});
