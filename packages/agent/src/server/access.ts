// Who may use the kubelet's API: identities by certificate or token, rights by asking the API server, as a kubelet in webhook mode does.
import { createHash } from 'node:crypto';
import type { Client } from '@holdfast/client';
import type { Clock } from '@holdfast/clock';
import type { Logger } from '@holdfast/controller';
import { type NodeRequest, SUBJECTACCESSREVIEWS, TOKENREVIEWS, type UserInfo } from '@holdfast/schema';
import { nodeAttributes } from './attributes.ts';
import { KeptAnswers } from './kept-answers.ts';

export interface AccessOptions {
  readonly nodeName: string;
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Why a request is refused: the answer's code and its text. */
export interface Refused {
  readonly status: number;
  readonly text: string;
}

// The kubelet's defaults.
const TOKEN_MS = 2 * 60_000;
const ALLOWED_MS = 5 * 60_000;
const FORBIDDEN_MS = 30_000;

const UNAUTHORIZED: Refused = { status: 401, text: 'Unauthorized' };

/** Decides about requests; undefined for those that may go on. Nobody is anonymous. */
export class NodeAccess {
  readonly #options: AccessOptions;
  readonly #users: KeptAnswers<UserInfo | undefined>;
  readonly #rights: KeptAnswers<boolean>;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#users = new KeptAnswers(options.clock, () => TOKEN_MS);
    this.#rights = new KeptAnswers(options.clock, (allowed) => (allowed ? ALLOWED_MS : FORBIDDEN_MS));
  }

  async refusal(request: NodeRequest, certificate: UserInfo | undefined): Promise<Refused | undefined> {
    const user = certificate ?? (await this.#tokenUser(request.headers['authorization']));
    if (!user) return UNAUTHORIZED;
    const { verb, subresource } = nodeAttributes(request);
    const what = `user=${user.username}, verb=${verb}, resource=nodes`;
    try {
      const allowed = await this.#rights.get(JSON.stringify([user, verb, subresource]), () => this.#isAllowed(user, verb, subresource));
      return allowed ? undefined : { status: 403, text: `Forbidden (${what}, subresource(s)=[${subresource}])` };
    } catch (error) {
      this.#options.log.warn({ err: error, user: user.username, verb, subresource }, 'authorization error');
      return { status: 500, text: `Authorization error (${what}, subresource=${subresource})` };
    }
  }

  async #tokenUser(authorization = ''): Promise<UserInfo | undefined> {
    const [scheme = '', token = ''] = authorization.trim().split(/\s+/, 2);
    if (scheme.toLowerCase() !== 'bearer' || token === '') return undefined;
    try {
      // The token itself is not kept in memory longer than its request.
      return await this.#users.get(createHash('sha256').update(token).digest('hex'), () => this.#review(token));
    } catch (error) {
      this.#options.log.warn({ err: error }, 'unable to authenticate the request due to an error');
      return undefined;
    }
  }

  async #review(token: string): Promise<UserInfo | undefined> {
    const { status } = await this.#options.client.create(TOKENREVIEWS, { metadata: {}, spec: { token } });
    const { username = '', groups = [], uid, extra } = status?.user ?? {};
    if (!status?.authenticated || username === '') return undefined;
    return { username, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
  }

  async #isAllowed({ username, groups, uid, extra }: UserInfo, verb: string, subresource: string): Promise<boolean> {
    const { nodeName, client } = this.#options;
    const { status } = await client.create(SUBJECTACCESSREVIEWS, {
      metadata: {},
      spec: {
        user: username,
        groups,
        ...(uid ? { uid } : {}),
        ...(extra ? { extra } : {}),
        resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: nodeName },
      },
    });
    return status?.allowed === true;
  }
}
