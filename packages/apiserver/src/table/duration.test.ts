import { describe, expect, it } from 'vitest';
import { age, humanDuration } from './duration.ts';

const [S, M, H, D] = [1, 60, 3600, 86_400];

describe('humanDuration', () => {
  it.each([
    [-3, '<invalid>'],
    [-1, '0s'],
    [0, '0s'],
    [119 * S, '119s'],
    [2 * M, '2m'],
    [2 * M + 5, '2m5s'],
    [10 * M + 5, '10m'],
    [179 * M, '179m'],
    [3 * H, '3h'],
    [3 * H + 20 * M, '3h20m'],
    [8 * H + 20 * M, '8h'],
    [47 * H, '47h'],
    [2 * D, '2d'],
    [2 * D + 3 * H, '2d3h'],
    [8 * D + 3 * H, '8d'],
    [729 * D, '729d'],
    [730 * D, '2y'],
    [731 * D, '2y1d'],
    [3000 * D, '8y'],
  ])('%i seconds are %s', (seconds, text) => {
    expect(humanDuration(seconds * 1000)).toBe(text);
  });
});

describe('age', () => {
  it('counts to now', () => {
    expect(age('2024-01-01T00:00:00Z', Date.parse('2024-01-01T00:01:00.900Z'))).toBe('60s');
    expect(age(undefined, 0)).toBe('<unknown>');
    expect(age(null, 0)).toBe('<unknown>');
  });
});
