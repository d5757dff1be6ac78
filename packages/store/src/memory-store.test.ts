import { describe } from 'vitest';
import type { SuiteValue } from './store.suite.ts';
import { createMemoryStore } from './memory-store.ts';
import { runStoreSuite } from './store.suite.ts';

describe('memory store', () => {
  runStoreSuite({ create: (options) => createMemoryStore<SuiteValue>(options) });
});
