// Objects and their types
export * from './generated/resources.ts';
export type * from './generated/types.ts';
export type { KubeList, KubeObject, ObjectKey, ResourceType, UnstructuredObject } from './resource-type.ts';
export { apiVersionOf, parseApiVersion, resourcePath } from './resource-type.ts';
// The exchange between client and server
export type { ApiHandler, ApiRequest, ApiResponse, ExecResult, ExecStreams, RequestBody, UserInfo, WatchFrame } from './exchange.ts';
export type { ContainerRef, ExecOptions, LogOptions, NodeDialer, NodeStreams } from './node-streams.ts';
export type { StatusCause, StatusObject } from './status-error.ts';
export { hasReason, isAlreadyExists, isConflict, isExpired, isNotFound, StatusError } from './status-error.ts';
