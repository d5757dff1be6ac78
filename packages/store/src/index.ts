export type { Store, StoreEntry, StoreEvent, StorePage, StoreWatch } from './store.ts';
export { CompactedError, RevisionConflict } from './store.ts';
