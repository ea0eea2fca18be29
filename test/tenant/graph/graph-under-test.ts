import { z } from "zod";
import { graph } from "../../../local/tenant/graph/graph.ts";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { seededRandom } from "../../../local/tenant/random.ts";
import { scenarioNames } from "../../../local/tenant/scenario/names.ts";
import type { Authentication, Caller } from "../../../local/tenant/service.ts";
import { emptyAzure } from "../../../local/tenant/state/azure.ts";
import { DirectorySection, loadDirectory } from "../../../local/tenant/state/directory.ts";
import { LogSection, loadLogs, visibleRows } from "../../../local/tenant/state/logs.ts";
import { emptyVaults } from "../../../local/tenant/state/vaults.ts";
import type { Delays, Tenant } from "../../../local/tenant/tenant.ts";
import { createThrottle } from "../../../local/tenant/weather/throttle.ts";
import type { ThrottlingScale } from "../../../local/tenant/weather/throttle.ts";

const NOW = "2026-11-20T10:00:00.000Z";

/** Somebody who calls: the name of a thing in the directory section, and what the token says. */
export interface As {
  /** `servicePrincipal.deploy`, `user.alice` */
  readonly who: string;
  /** Application permissions; for a user, delegated scopes. */
  readonly with?: readonly string[];
}

export const READER: As = {
  who: "servicePrincipal.reader",
  with: ["Application.Read.All", "Directory.Read.All"],
};
export const ACTOR: As = {
  who: "servicePrincipal.actor",
  with: ["Application.ReadWrite.All", "Directory.Read.All", "AppRoleAssignment.ReadWrite.All"],
};

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly error: z.infer<typeof Fault> | undefined;
  readonly value: readonly Record<string, unknown>[];
  readonly operation: string;
}

const Body = z.record(z.string(), z.unknown());
const Fault = z.looseObject({ code: z.string(), message: z.string() });
const Value = z.array(z.record(z.string(), z.unknown()));

const Key = z.looseObject({
  keyId: z.string(),
  key: z.string().nullable(),
  usage: z.string(),
  customKeyIdentifier: z.string().nullable(),
});
const Password = z.looseObject({ keyId: z.string(), secretText: z.null() });

type SectionInput = z.input<typeof DirectorySection>;

export interface Options {
  readonly directory?: SectionInput;
  readonly delays?: Partial<Delays>;
  readonly throttling?: ThrottlingScale;
}

/** The handler on its own, with a clock that stands still and tokens that say whatever a test wants. */
export function graphUnderTest({ directory = {}, delays = {}, throttling = 1 }: Options = {}) {
  const clock = manualTenantClock(NOW);
  const names = scenarioNames({ scenario: "graph-test", seed: 1, nowInMs: clock.now() });
  const section = DirectorySection.parse({
    ...directory,
    applications: [...(directory.applications ?? []), { name: "reader" }, { name: "actor" }],
  });
  const state = {
    directory: loadDirectory(section, names),
    azure: emptyAzure(),
    vaults: emptyVaults(),
    logs: loadLogs(LogSection.parse({ workspaces: [{ name: "soc" }] }), names),
  };
  const callers = new Map<string, Authentication>();
  const tenant: Tenant = {
    id: names.guid("tenant", "tenant"),
    displayName: "Contoso",
    domain: "contoso.onmicrosoft.com",
    clock,
    random: seededRandom("graph-test"),
    tokenLifetimes: 1,
    delays: {
      directoryReplicationInMs: 0,
      tokenIssuanceInMs: 0,
      roleAssignmentInMs: 0,
      logIngestionInMs: 0,
      resourceGraphInMs: 0,
      longRunningOperationInMs: 0,
      continuousAccessInMs: 0,
      ...delays,
    },
    state,
    throttle: createThrottle(clock, throttling),
    authenticate: (request) =>
      callers.get(request.headers["authorization"] ?? "") ?? { kind: "refused", why: "missing" },
  };
  let requests = 0;

  const id = (reference: string): string => {
    const [kind = "", ...rest] = reference.split(".");
    return names.guid(kind, rest.join("."));
  };
  const callerOf = ({ who, with: held = [] }: As): Caller => {
    const [kind = "", ...rest] = who.split(".");
    const isUser = kind === "user";
    return {
      objectId: names.guid(kind, rest.join(".")),
      appId: isUser ? "04b07795-8ddb-461a-bbee-02f9e1bf7b46" : names.guid("appId", rest.join(".")),
      kind: isUser ? "user" : "application",
      tenantId: tenant.id,
      roles: isUser ? [] : held,
      scopes: isUser ? held : [],
      claims: { appidacr: "1" },
      issuedAt: clock.now() - 60_000,
      expiresAt: clock.now() + 3_600_000,
      tokenId: `uti-${who}`,
    };
  };
  const call = (
    as: As | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Answer => {
    const token = as === undefined ? undefined : JSON.stringify(as);
    if (token !== undefined && as !== undefined && callers.get(token)?.kind !== "refused")
      callers.set(token, { kind: "caller", caller: callerOf(as) });
    requests += 1;
    const address = path.startsWith("https://")
      ? path
      : `https://graph.microsoft.com${/^\/(?:v1\.0|beta)\//.test(path) ? "" : "/v1.0"}${path}`;
    const { operation, response } = graph.handle(
      {
        id: `00000000-0000-4000-8000-${String(requests).padStart(12, "0")}`,
        method,
        host: "graph.microsoft.com",
        url: new URL(address),
        headers: { ...headers, ...(token === undefined ? {} : { authorization: token }) },
        body:
          body === undefined
            ? new Uint8Array()
            : Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
        clientAddress: "20.50.0.10",
      },
      tenant,
    );
    // Over the wire and back: nothing that JSON cannot carry may be in an answer.
    const json = Body.parse(
      typeof response.body === "object" ? JSON.parse(JSON.stringify(response.body)) : { text: response.body },
    );
    return {
      status: response.status,
      headers: response.headers ?? {},
      body: json,
      value: Value.safeParse(json["value"]).data ?? [],
      error: Fault.safeParse(json["error"]).data,
      operation,
    };
  };
  const get = (as: As | undefined, path: string, headers?: Readonly<Record<string, string>>) =>
    call(as, "GET", path, undefined, headers);
  return {
    tenant,
    clock,
    /** With the certificates' bytes. */
    keys: (path: string) =>
      z.array(Key).parse(get(READER, `${path}?$select=keyCredentials`).body["keyCredentials"]),
    keysUnasked: (path: string) => z.array(Key).parse(get(READER, path).body["keyCredentials"]),
    passwords: (path: string) => z.array(Password).parse(get(READER, path).body["passwordCredentials"]),
    names,
    id,
    appId: (name: string) => names.guid("appId", name),
    refuseWith: (why: Extract<Authentication, { kind: "refused" }>["why"]): As => {
      const as = { who: `refused.${why}` };
      callers.set(JSON.stringify(as), { kind: "refused", why });
      return as;
    },
    call,
    get,
    post: (as: As | undefined, path: string, body?: unknown) => call(as, "POST", path, body ?? {}),
    patch: (as: As | undefined, path: string, body: unknown) => call(as, "PATCH", path, body),
    del: (as: As | undefined, path: string) => call(as, "DELETE", path),
    rows: (table: string) => {
      const [workspace] = state.logs.workspaces.values();
      return workspace === undefined ? [] : [...visibleRows(workspace, table, clock.now())];
    },
  };
}
