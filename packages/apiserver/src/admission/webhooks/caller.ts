// How webhooks are reached: the network is passed in.

/** One call over HTTPS. */
export interface WebhookCall {
  /** The whole URL; its host is what the webhook's certificate is checked against unless `serverName` says otherwise. */
  readonly url: string;
  /** Where to connect to: an address of an endpoint, or the URL's host. */
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
  /** PEM of the authorities that the webhook's certificate may come from; absent: the system's. */
  readonly ca?: string;
  /** JSON of the AdmissionReview. */
  readonly body: string;
}

/** Makes the call; rejects with Go's words for what went wrong ('dial tcp …: connect: connection refused'), and when aborted. */
export type WebhookCaller = (call: WebhookCall, signal: AbortSignal) => Promise<{ readonly status: number; readonly body: string }>;
