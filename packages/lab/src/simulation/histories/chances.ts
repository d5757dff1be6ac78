// Choices made with a seeded random source.
import type { Random } from '@holdfast/clock';

export function pick<T>(random: Random, choices: readonly T[]): T {
  const choice = choices[random.int(choices.length)];
  if (choice === undefined) throw new Error('there is nothing to choose from');
  return choice;
}

/** One of the choices, each as often as its weight says. */
export function weighted<T>(random: Random, choices: readonly (readonly [number, () => T])[]): T {
  let left = random.int(choices.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, make] of choices) {
    if (left < weight) return make();
    left -= weight;
  }
  throw new Error('no choice has a weight');
}
