export type { Store, StoreEntry, StoreEvent, StorePage, StoreWatch } from './store.ts';
export { CompactedError, RevisionConflict } from './store.ts';
export type { MemoryStoreOptions } from './memory-store.ts';
export { createMemoryStore } from './memory-store.ts';
