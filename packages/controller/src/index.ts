// Vocabulary
export type { Component, ComponentContext, ComponentFactory } from './component.ts';
export type { Informer, InformerEvent, InformerFactory, InformerHandler } from './informer.ts';
export type { Logger } from './logger.ts';
export { silentLogger } from './logger.ts';
export type { ReconcileContext, Reconciler, Request, Result } from './reconcile.ts';
export { TerminalError } from './reconcile.ts';
// Running controllers
export type { Controller, ControllerOptions } from './controller.ts';
export { createController } from './controller.ts';
export type { InformerFactoryOptions, StoppableInformerFactory } from './informer-factory.ts';
export { createInformerFactory } from './informer-factory.ts';
export { cacheKey, cacheKeyOf } from './informer-cache.ts';
export type { Manager, ManagerOptions } from './manager.ts';
export { createManager } from './manager.ts';
export type { LeaderElectionOptions } from './leader-election.ts';
export { LeadershipLostError, leadWhileHolding } from './leader-election.ts';
export type { Predicate } from './predicates.ts';
export { and, annotationsChanged, deletionStarted, generationChanged, labelsChanged, not, or } from './predicates.ts';
export type { Enqueue, Watch } from './watch.ts';
export { enqueueMapped, enqueueOwner, enqueueSelf, refersTo, requestFromKey, requestKey, requestOf, watch } from './watch.ts';
export type { AddOptions, WorkqueueOptions, WorkqueueStats } from './workqueue.ts';
export { Workqueue } from './workqueue.ts';
// What reconcilers use
export type { BackOff, BackOffLimits } from './back-off.ts';
export { isRested, nextBackOff } from './back-off.ts';
export type { ConditionLike } from './conditions.ts';
export { findCondition, isConditionTrue, removeCondition, setCondition } from './conditions.ts';
export type { EventDetails, EventRecorder, EventRecorderOptions, EventType } from './events/recorder.ts';
export { createEventRecorder } from './events/recorder.ts';
export { Expectations } from './expectations.ts';
export { addFinalizer, hasFinalizer, removeFinalizer } from './finalizers.ts';
export { controllerOf, controllerReference, isControlledBy } from './owner-references.ts';
export { ReadGuard } from './read-guard.ts';
export type { LogLevel } from './pino-logger.ts';
export { createPinoLogger } from './pino-logger.ts';
export { retryOnConflict } from './retry-on-conflict.ts';
export { Heap } from './heap.ts';
export { Semaphore } from './semaphore.ts';
// Volumes and claims: what the binder and the scheduler share
export * from './volumes/claims.ts';
export type { MatchQuery } from './volumes/match-volume.ts';
export { findBestVolume, findMatchingVolume, hasAccessModes, isVolumeUsableOn, sameVolumeMode } from './volumes/match-volume.ts';
export type { CsiVolume } from './volumes/csi-attachment.ts';
export { attachable, attachmentName, uniqueName } from './volumes/csi-attachment.ts';
export { AssumeCache } from './volumes/assume-cache.ts';
// Where pods may be
export { matchesNodeAffinity } from './placement/node-affinity.ts';
export type { Tolerance } from './placement/taints.ts';
export { sameTaint, tolerance, tolerates, untoleratedTaint } from './placement/taints.ts';
