import {
  createHttpHeaders,
  type PipelinePolicy,
  type PipelineRequest,
  type PipelineResponse,
  type SendRequest,
} from "@azure/core-rest-pipeline";

const CHALLENGE = `Bearer resource="https://vault.azure.net"`;

/**
 * Gives Key Vault's clients, on this side of the wire, the answer that every vault gives to a request without a token: for
 * whom to get one. They ask each vault once, and with eighty vaults that is eighty requests and a round trip for what is
 * the same everywhere. The client goes on checking that the token's audience and the vault's name belong together.
 */
const knownChallenge: PipelinePolicy = {
  name: "knownVaultChallenge",
  async sendRequest(request: PipelineRequest, next: SendRequest): Promise<PipelineResponse> {
    if (request.headers.has("authorization")) return next(request);
    return { request, status: 401, headers: createHttpHeaders({ "www-authenticate": CHALLENGE }) };
  },
};

/** For the options of any Key Vault client. */
export const VAULT_CLIENT = {
  additionalPolicies: [{ policy: knownChallenge, position: "perRetry" as const }],
};
