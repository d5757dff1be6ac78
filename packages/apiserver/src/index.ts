export type { ApiServer, ApiServerOptions } from './api-server.ts';
export * from './https/index.ts';
export * from './pki/index.ts';
export { type JwtKey, jwtKey } from './tokens/jwt.ts';
export { legacyTokenSigner, type LegacyTokenSubject } from './tokens/legacy-tokens.ts';
export { createApiServer } from './create-api-server.ts';
export { loadCel } from './crd/cel-module.ts';
