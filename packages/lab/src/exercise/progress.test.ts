import { expect, it } from 'vitest';
import { textProgress } from './progress.ts';

function record(isTTY: boolean): { written: string; play: () => void } {
  const result = { written: '', play: (): void => undefined };
  const progress = textProgress({ isTTY, columns: 40, write: (text) => void (result.written += text) }, 2, (_kind, text) => text);
  result.play = () => {
    progress.step('First', ['kubectl get pods']);
    progress.status('1 of 3');
    progress.status('1 of 3');
    progress.evidence('seen\ntwice');
    progress.done(1234);
  };
  return result;
}

it('writes plain lines where there is no terminal, each state once', () => {
  const output = record(false);
  output.play();
  expect(output.written).toBe('\n[1/2] First\n      $ kubectl get pods\n      … 1 of 3\n      seen\n      twice\n      ✓ 1.2 s\n');
});

it('replaces the live line on a terminal', () => {
  const output = record(true);
  output.play();
  expect(output.written).toContain('\r\u001b[2K      … 1 of 3\r\u001b[2K      seen\n');
});
