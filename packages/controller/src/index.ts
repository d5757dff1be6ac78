export type { Component, ComponentContext, ComponentFactory } from './component.ts';
export type { Informer, InformerEvent, InformerFactory, InformerHandler } from './informer.ts';
export type { Logger } from './logger.ts';
export { silentLogger } from './logger.ts';
export type { ReconcileContext, Reconciler, Request, Result } from './reconcile.ts';
export { TerminalError } from './reconcile.ts';
