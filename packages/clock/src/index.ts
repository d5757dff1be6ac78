export type { CancelTimer, Clock } from './clock.ts';
export { every, formatTime, microTimestamp, sleep, timestamp } from './clock.ts';
export type { FakeClockOptions } from './fake-clock.ts';
export { FakeClock, settle } from './fake-clock.ts';
export type { Random } from './random.ts';
export { nameSuffix, seededRandom, systemRandom, uuid } from './random.ts';
export { systemClock } from './system-clock.ts';
