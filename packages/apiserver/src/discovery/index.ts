export type { Discovery, DiscoveryOptions } from './discovery.ts';
export { createDiscovery } from './discovery.ts';
export { compareVersions, customGroups } from './groups.ts';
