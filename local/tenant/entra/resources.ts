import {
  applicationByAppId,
  type Directory,
  servicePrincipalByAppId,
  type ServicePrincipal,
} from "../state/directory.ts";

/** What a token is asked for: an API, by the name it was asked by. */
export interface TokenResource {
  readonly appId: string;
  readonly principal: ServicePrincipal;
  /** `aud` of the token: the name as asked, or the app id where the API wants v2 tokens. */
  readonly audience: string;
  readonly version: "1.0" | "2.0";
}

export const GRAPH = "00000003-0000-0000-c000-000000000000";
const MANAGEMENT = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
const STORAGE = "e406a681-f3d4-42a8-90b6-c2b029497af1";

const BY_HOST: Readonly<Record<string, string>> = {
  "graph.microsoft.com": GRAPH,
  "management.azure.com": MANAGEMENT,
  "management.core.windows.net": MANAGEMENT,
  "vault.azure.net": "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
  "storage.azure.com": STORAGE,
  "api.loganalytics.io": "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5",
  "monitor.azure.com": "e933bd07-d2ee-4f1d-933c-3752b819567b",
  "app.vssps.visualstudio.com": "499b84ac-1321-427f-aa17-267ca6975798",
  "outlook.office365.com": "00000002-0000-0ff1-ce00-000000000000",
};

/** Finds the API a resource URI or app id names. The name is compared without trailing slash and case, and kept as asked. */
export function resourceNamed(directory: Directory, asked: string, asOf: number): TokenResource | undefined {
  const appId = appIdNamed(directory, asked);
  const principal = appId === undefined ? undefined : servicePrincipalByAppId(directory, appId, asOf);
  if (appId === undefined || principal === undefined) return undefined;
  const version = wantsVersion2(directory, appId, asOf) ? "2.0" : "1.0";
  return { appId, principal, version, audience: version === "2.0" ? appId : asked };
}

function appIdNamed(directory: Directory, asked: string): string | undefined {
  const name = withoutSlash(asked);
  const guid = /^(?:api:\/\/|spn:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(name)?.[1];
  if (guid !== undefined) return guid;
  const host = URL.parse(name)?.hostname;
  if (host !== undefined && BY_HOST[host] !== undefined) return BY_HOST[host];
  if (host !== undefined && /^[^.]+\.(blob|queue|table|file|dfs)\.core\.windows\.net$/.test(host))
    return STORAGE;
  for (const application of directory.applications.all()) {
    if (application.identifierUris.some((uri) => withoutSlash(uri) === name)) return application.appId;
  }
  return undefined;
}

/** Two names of one API differ by a slash or by case only. */
function withoutSlash(name: string): string {
  return name.toLowerCase().replace(/\/+$/, "");
}

/** `api.requestedAccessTokenVersion` of the API's own registration: what its tokens look like is the API's to say. */
function wantsVersion2(directory: Directory, appId: string, asOf: number): boolean {
  const api = applicationByAppId(directory, appId, asOf)?.other["api"];
  return (
    typeof api === "object" &&
    api !== null &&
    "requestedAccessTokenVersion" in api &&
    api.requestedAccessTokenVersion === 2
  );
}
