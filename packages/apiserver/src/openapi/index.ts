export type { CustomSchema } from './document.ts';
export type { OpenApi, OpenApiOptions } from './openapi.ts';
export { createOpenApi } from './openapi.ts';
