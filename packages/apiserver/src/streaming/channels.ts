// The framing of exec over WebSocket: each message is one channel's piece, the channel in front.

/** Channels of the v4 and v5 subprotocols. `close`, v5 only, is followed by the channel that has ended. */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** A subprotocol that this server speaks. */
export interface Subprotocol {
  /** '' where the client named none. */
  readonly name: string;
  encode(channel: number, payload: Uint8Array): Uint8Array | string;
  /** Undefined for a message that is none. */
  decode(message: Uint8Array): { readonly channel: number; readonly payload: Uint8Array } | undefined;
}

const BINARY: Omit<Subprotocol, 'name'> = {
  encode: (channel, payload) => Buffer.concat([Uint8Array.of(channel), payload]),
  decode: (message) => {
    const [channel] = message;
    return channel === undefined ? undefined : { channel, payload: message.subarray(1) };
  },
};

// For browsers and others that send text only: the channel as a digit, then base64.
const BASE64: Omit<Subprotocol, 'name'> = {
  encode: (channel, payload) => `${channel}${Buffer.from(payload).toString('base64')}`,
  decode: (message) => {
    const text = Buffer.from(message).toString('latin1');
    const channel = Number.parseInt(text.slice(0, 1), 10);
    return Number.isNaN(channel) ? undefined : { channel, payload: Buffer.from(text.slice(1), 'base64') };
  },
};

// In order of preference.
const SUBPROTOCOLS: readonly Subprotocol[] = [
  { name: 'v5.channel.k8s.io', ...BINARY },
  { name: 'v4.channel.k8s.io', ...BINARY },
  { name: 'v5.base64.channel.k8s.io', ...BASE64 },
  { name: 'v4.base64.channel.k8s.io', ...BASE64 },
];

/** Names that a client may offer. */
export const SUBPROTOCOL_NAMES: readonly string[] = SUBPROTOCOLS.map(({ name }) => name);

/** The best of those offered; a client that offers none gets binary frames; undefined when none of them is known. */
export function chooseSubprotocol(offered: readonly string[]): Subprotocol | undefined {
  if (offered.length === 0) return { name: '', ...BINARY };
  return SUBPROTOCOLS.find(({ name }) => offered.includes(name));
}
