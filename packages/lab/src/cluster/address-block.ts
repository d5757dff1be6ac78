// Each lab owns one block 127.<block>.0.0/16 of the loopback network, so that labs never meet.
import { createServer, type Server } from 'node:net';

/** Blocks that labs may take; below 64 there are resolvers and the like (127.0.0.1, 127.0.0.53). */
const FIRST_BLOCK = 64;
const LAST_BLOCK = 250;
/** The port that a lab holds on the last address of its block for as long as it lives: the kernel frees it when it dies. */
const CLAIM_PORT = 39_999;

/** A block in hand. */
export interface AddressBlock {
  readonly block: number;
  readonly serviceCidr: string;
  nodeIp(index: number): string;
  podCidr(index: number): string;
  /** Where the cluster's DNS listens. */
  readonly dnsHost: string;
  release(): Promise<void>;
}

/** Claims the first free block. Throws when all are taken. */
export async function claimAddressBlock(): Promise<AddressBlock> {
  for (let block = FIRST_BLOCK; block <= LAST_BLOCK; block++) {
    const server = await claim(`127.${block}.255.254`);
    if (server) return describe(block, server);
  }
  throw new Error(`all ${LAST_BLOCK - FIRST_BLOCK + 1} loopback address blocks are taken: stop a lab with \`holdfast lab down\``);
}

/** Claims this very block, for a lab whose objects hold addresses of it. Undefined when another lab has it. */
export async function claimThatBlock(block: number): Promise<AddressBlock | undefined> {
  const server = await claim(`127.${block}.255.254`);
  return server && describe(block, server);
}

function claim(host: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else
        reject(
          new Error(`cannot listen on ${host}: ${error.message}: a lab needs the loopback network 127.0.0.0/8, as Linux has it`, {
            cause: error,
          }),
        );
    });
    server.listen(CLAIM_PORT, host, () => resolve(server));
  });
}

function describe(block: number, server: Server): AddressBlock {
  return {
    block,
    serviceCidr: `127.${block}.128.0/17`,
    nodeIp: (index) => `127.${block}.0.${index}`,
    podCidr: (index) => `127.${block}.${index}.0/24`,
    dnsHost: `127.${block}.0.254`,
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
