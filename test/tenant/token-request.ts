import { fetch } from "undici";
import { z } from "zod";
import type { TenantHandle } from "../../local/tenant/start.ts";

const Answer = z.object({
  access_token: z.string().optional(),
  expires_in: z.coerce.number().optional(),
  error: z.string().optional(),
  error_description: z.string().optional(),
  error_codes: z.array(z.number()).optional(),
  timestamp: z.string().optional(),
  trace_id: z.string().optional(),
  correlation_id: z.string().optional(),
  error_uri: z.string().optional(),
  refresh_token: z.string().optional(),
});

export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers | Awaited<ReturnType<typeof fetch>>["headers"];
  readonly body: z.infer<typeof Answer>;
  readonly raw: Record<string, unknown>;
}

/** Asks the token endpoint as any client would, and gives what it answers, good or bad. */
export async function askForToken(
  tenant: TenantHandle,
  parameters: Readonly<Record<string, string>>,
  options: {
    readonly tenantName?: string;
    readonly path?: string;
    readonly headers?: Record<string, string>;
  } = {},
): Promise<TokenAnswer> {
  const { tenantName = tenant.tenant.id, path = "oauth2/v2.0/token", headers = {} } = options;
  const response = await fetch(`https://login.microsoftonline.com/${tenantName}/${path}`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", ...parameters }),
    headers,
    dispatcher: tenant.dispatcher(),
  });
  const raw: unknown = await response.json();
  return {
    status: response.status,
    headers: response.headers,
    body: Answer.parse(raw),
    raw: z.record(z.string(), z.unknown()).parse(raw),
  };
}

/** The parameters with which an application of the scenario signs in by one of its secrets. */
export function bySecret(
  tenant: TenantHandle,
  application: string,
  secret: string,
  resource = "https://management.azure.com",
) {
  return {
    client_id: tenant.names.guid("appId", application),
    client_secret: tenant.names.secret("keyId", `${application}.${secret}`),
    scope: `${resource}/.default`,
  };
}

export function claimsOf(token: string | undefined): Record<string, unknown> {
  const payload = Buffer.from(token?.split(".")[1] ?? "", "base64url").toString("utf8");
  return z.record(z.string(), z.unknown()).parse(JSON.parse(payload));
}
