// Small plain-text pages over HTTP: health and metrics.
import { createServer, type Server } from 'node:http';

/** Answers of a path: the status and the text. */
export type Pages = Readonly<Record<string, () => { readonly status: number; readonly text: string }>>;

/** Listens on `host` and the port of `address` (':8081'; '0' and '' switch the endpoint off). Rejects when the port is taken. */
export async function servePages(address: string, host: string, pages: Pages): Promise<{ close(): Promise<void> }> {
  if (address === '' || address === '0') return { close: () => Promise.resolve() };
  const colon = address.lastIndexOf(':');
  const port = Number(address.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(port)) throw new Error(`the address ${JSON.stringify(address)} is not of the form host:port or :port`);
  const server = createServer((request, response) => {
    const page = pages[new URL(request.url ?? '/', 'http://localhost').pathname]?.() ?? { status: 404, text: 'not found' };
    response.writeHead(page.status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${page.text}\n`);
  });
  await listen(server, port, address.slice(0, colon) || host);
  return {
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new Error(`cannot listen on ${host}:${port}: ${cause.message}`, { cause })));
    server.listen(port, host, resolve);
  });
}
