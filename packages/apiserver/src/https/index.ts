export type { OnBug } from './exchange.ts';
export { httpsWebhookCaller } from './call-webhook.ts';
export { BODY_LIMIT } from './body.ts';
export type { HttpsListener, ServeHttpsOptions } from './serve-https.ts';
export { serveHttps } from './serve-https.ts';
