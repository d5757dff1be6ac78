import { describe, expect, test } from 'vitest';
import { parseFlags } from './flags.ts';

describe('parseFlags', () => {
  test('defaults', () => {
    expect(parseFlags([])).toEqual({
      metricsAddr: ':8080',
      healthAddr: ':8081',
      leaderElectionId: 'crdb-operator.cockroachlabs.com',
      enableLeaderElection: false,
      kubeconfig: undefined,
      logLevel: 'info',
    });
  });

  test('as Go programs are called', () => {
    const args = [
      '-zap-log-level',
      'debug',
      '--metrics-addr=:9000',
      '-enable-leader-election',
      '--skip-webhook-config=true',
      '-feature-gates=A=true,B=false',
    ];
    expect(parseFlags(args)).toMatchObject({ logLevel: 'debug', metricsAddr: ':9000', enableLeaderElection: true });
  });

  test.each([
    ['--nonsense', 'flag provided but not defined: -nonsense'],
    ['word', 'unexpected argument "word"'],
    ['--kubeconfig', 'flag needs an argument: -kubeconfig'],
    ['--enable-leader-election=maybe', 'invalid boolean value "maybe"'],
  ])('refuses %s', (word, message) => {
    expect(() => parseFlags([word])).toThrow(message);
  });
});
