// When the client of a connection that has just been upgraded can be spoken to.
import type { Clock } from '@holdfast/clock';
import WebSocket from 'ws';

/**
 * How long a client that reads may still be busy making its streams: a thread that other programs keep from running. On a real cluster
 * the way to the node and to its runtime takes longer than this.
 */
const STREAMS_MS = 25;
/** Clients must answer pings (RFC 6455, section 5.5.2), some only when their program reads. */
const ANSWER_MS = 1000;

/**
 * Until 1.33 client-go drops what comes before it has made its streams, and with it a command's output or how it ended
 * (kubernetes/kubernetes#131203): it begins to read and makes its streams side by side, and says when neither is done. So it is asked
 * for a sign that it reads, and given time for the rest. A client that sends something of its own has its streams.
 * Resolves also when the client has gone, or gives no sign.
 */
export function clientReady(socket: WebSocket, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let cancel = clock.after(ANSWER_MS, () => done());
    const onPong = (): void => {
      cancel();
      cancel = clock.after(STREAMS_MS, () => done());
    };
    const done = (): void => {
      cancel();
      socket.off('pong', onPong);
      socket.off('message', done);
      socket.off('close', done);
      resolve();
    };
    socket.once('pong', onPong);
    socket.once('message', done);
    socket.once('close', done);
    if (socket.readyState === WebSocket.OPEN) socket.ping();
    else done();
  });
}
