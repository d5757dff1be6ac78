// Objects and their types
export * from './generated/resources.ts';
export type * from './generated/types.ts';
export type { KubeList, KubeObject, ObjectKey, ResourceType, UnstructuredObject } from './resource-type.ts';
export { apiVersionOf, parseApiVersion, resourcePath } from './resource-type.ts';
// Schedules
export type { CronClock, CronSchedule } from './cron/index.ts';
export { CronProblem, cronClock, cronProblem, parseCron, timeZone } from './cron/index.ts';
// The exchange between client and server
export type {
  ApiHandler,
  ApiRequest,
  ApiResponse,
  ExecResult,
  ExecStreams,
  PortStreams,
  RequestBody,
  StreamOptions,
  UserInfo,
  WatchFrame,
} from './exchange.ts';
export { podReferences } from './pod-references.ts';
export { KUBELET_CERTIFICATE } from './node-streams.ts';
export type { ContainerRef, ExecOptions, LogOptions, NodeApi, NodeDialer, NodeRequest, NodeStreams, PodRef } from './node-streams.ts';
export type { StatusCause, StatusObject } from './status-error.ts';
export {
  hasReason,
  ignoreNotFound,
  isAlreadyExists,
  isConflict,
  isExpired,
  isNamespaceTerminating,
  isNotFound,
  StatusError,
} from './status-error.ts';
// Errors
export * from './errors.ts';
export type { FieldError, FieldErrorType } from './field-error.ts';
export {
  childPath,
  duplicate,
  fieldErrorBody,
  fieldErrorCause,
  fieldErrorMessage,
  forbiddenField,
  internalFieldError,
  invalidValue,
  notFoundField,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from './field-error.ts';
// Values
export { goLabelSelector, goStringMap, goStrings, GoValue } from './go-value.ts';
export { deepEqual, deepFreeze, isRecord, setMember } from './deep.ts';
export { isPercentage, scaledValue } from './int-or-string.ts';
export * from './names.ts';
export type { QuantityFormat } from './quantity.ts';
export { canonicalQuantity, compareQuantities, parseQuantity, Quantity, QuantityError, tryParseQuantity } from './quantity.ts';
// Selectors
export type { FieldRequirement } from './selectors/field-selector.ts';
export { fieldsMatch, parseFieldSelector } from './selectors/field-selector.ts';
export type { LabelRequirement } from './selectors/label-requirement.ts';
export type { LabelMatcher } from './selectors/label-selector.ts';
export { labelSelector, labelSet, parseLabelSelector } from './selectors/label-selector.ts';
export { nodeSelectorMatches, nodeSelectorTermMatches, nodeSelectorTermsMatch } from './selectors/node-selector.ts';
// The API's table
export type {
  CustomForm,
  DefaultRule,
  FieldDef,
  GroupDef,
  GroupVersionKindName,
  ResourceDef,
  SubresourceDef,
  TableColumn,
  TypeDef,
  TypeNode,
} from './type-table.ts';
export {
  featureGateDefault,
  fieldSelectorAliasesOf,
  fieldSelectorsOf,
  findTypeDef,
  kindsOfGroup,
  servedGroups,
  tableColumnsOf,
  typeDef,
  typeNameOf,
  typeNames,
} from './type-table.ts';
// Decoding
export type { Decoded } from './decode.ts';
export { decodeTyped } from './decode.ts';
export { durationText, parseDuration } from './decode/duration.ts';
// Updates
export { STATEFUL_SET_MUTABLE, STATEFUL_SET_MUTABLE_LATER } from './mutable-fields.ts';
// Defaults
export { applyDefaults } from './defaults.ts';
export { imageTag } from './defaults/conditions.ts';
// Patches
export { jsonPatch } from './patch/json-patch.ts';
export { mergePatch } from './patch/merge-patch.ts';
export { strategicMergePatch } from './patch/strategic-merge.ts';
// Documents
export type { Parsed } from './json.ts';
export { parseJson } from './json.ts';
export { sidecarsOf } from './sidecars.ts';
export { sortedJson } from './sorted-json.ts';
export type { LocatedYaml } from './full-yaml.ts';
export { parseYamlWithPlaces } from './located-yaml.ts';
export type { YamlEdit } from './yaml-edit.ts';
export { parseYaml, parseYamlDocuments, toYaml } from './yaml.ts';
// Schemas of custom resources
export type { RuleValidator, SchemaNode } from './structural/node.ts';
export type { Pruned } from './structural/prune.ts';
export type { CompileOptions, RuleCompiler, RuleNode, StructuralSchema } from './structural/structural-schema.ts';
export { compileStructural } from './structural/structural-schema.ts';
export type { ProtobufObject } from './protobuf.ts';
export { decodeProtobuf, isProtobuf, PROTOBUF_MEDIA_TYPE } from './protobuf.ts';
export { memoize } from './memoize.ts';
// Who manages which field
export * from './managed-fields/index.ts';

export * from './quota/index.ts';
export { podTotal } from './pod-total.ts';
