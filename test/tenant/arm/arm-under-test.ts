import { z } from "zod";
import { armService } from "../../../local/tenant/arm/service.ts";
import { manualTenantClock, type ManualTenantClock } from "../../../local/tenant/clock.ts";
import { createRuntime, NO_DELAYS } from "../../../local/tenant/runtime.ts";
import { scenarioNames, type ScenarioNames } from "../../../local/tenant/scenario/names.ts";
import {
  type AzureSection,
  loadAzure,
  managedIdentityPrincipals,
} from "../../../local/tenant/state/azure.ts";
import {
  addManagedIdentity,
  DirectorySection,
  loadDirectory,
} from "../../../local/tenant/state/directory.ts";
import { loadLogs } from "../../../local/tenant/state/logs.ts";
import { emptyVaults } from "../../../local/tenant/state/vaults.ts";
import type { Delays, Tenant } from "../../../local/tenant/tenant.ts";
import { createThrottle, type ThrottlingScale } from "../../../local/tenant/weather/throttle.ts";

const NOW = "2026-11-22T12:00:00.000Z";
export const TENANT_ID = "aaaaaaaa-0000-4000-8000-000000000001";

/** What a test reads of an answer; anything goes, since what is under test is exactly what comes. */
const Body = z.looseObject({
  value: z.array(z.looseObject({ id: z.string().optional(), name: z.string().optional() })).optional(),
  nextLink: z.string().nullish(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
  properties: z.looseObject({}).optional(),
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: unknown;
  readonly body: z.infer<typeof Body>;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

export interface AskOptions {
  readonly as?: string;
  readonly body?: unknown;
  readonly apiVersion?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ArmUnderTest {
  readonly tenant: Tenant;
  readonly names: ScenarioNames;
  readonly clock: ManualTenantClock;
  /** `/subscriptions/…` of the first subscription. */
  readonly subscription: string;
  /** `rg-shop` in it. */
  readonly group: string;
  principal(name: string): string;
  ask(method: string, path: string, options?: AskOptions): Answer;
}

interface Options {
  readonly azure?: z.input<typeof AzureSection>;
  readonly directory?: z.input<typeof DirectorySection>;
  readonly delays?: Partial<Delays>;
  readonly throttling?: ThrottlingScale;
}

/** Application principals every test may use; `owner` is Owner of the subscription unless the test assigns roles itself. */
const PRINCIPALS = ["owner", "reader", "deploy", "nobody"];

export function armWith({
  azure = {},
  directory = {},
  delays = {},
  throttling = "off",
}: Options = {}): ArmUnderTest {
  const clock = manualTenantClock(NOW);
  const names = scenarioNames({ scenario: "arm-test", seed: 1, nowInMs: clock.now() });
  const azureState = loadAzure(
    {
      subscriptions: [{ name: "prod" }],
      resourceGroups: [{ name: "rg-shop" }],
      roleAssignments: [
        { name: "owner", principal: "servicePrincipal.owner", role: "Owner", scope: "prod" },
        { name: "reader", principal: "servicePrincipal.reader", role: "Reader", scope: "prod" },
      ],
      ...azure,
    },
    names,
  );
  const directoryState = loadDirectory(
    DirectorySection.parse({
      applications: PRINCIPALS.map((name) => ({ name })),
      ...directory,
    }),
    names,
    "contoso.onmicrosoft.com",
  );
  for (const identity of managedIdentityPrincipals(azureState)) {
    addManagedIdentity(
      directoryState,
      { ...identity, displayName: identity.name, userAssigned: identity.kind === "user-assigned" },
      clock.now(),
    );
  }
  const logs = loadLogs({ workspaces: [{ name: "law" }] }, names);
  const principal = (name: string) =>
    names.guid(
      PRINCIPALS.includes(name) ? "servicePrincipal" : (name.split(".")[0] ?? ""),
      name.split(".").at(-1) ?? name,
    );
  const runtime = createRuntime({
    id: TENANT_ID,
    displayName: "Contoso",
    domain: "contoso.onmicrosoft.com",
    seed: 1,
    clock,
    delays: { ...NO_DELAYS, ...delays },
    state: { directory: directoryState, azure: azureState, vaults: emptyVaults(), logs },
    throttle: (tenantClock) => createThrottle(tenantClock, throttling),
    // Tokens are Entra's business and tested there: here the bearer is the caller's object id.
    authenticate: () => (request) => {
      const objectId = /^Bearer (.+)$/.exec(request.headers["authorization"] ?? "")?.[1];
      if (objectId === undefined) return { kind: "refused", why: "missing" };
      if (objectId === "expired") {
        return {
          kind: "refused",
          why: "expired",
          token: { audience: "", issuer: "", expiresAt: Date.parse("2026-11-22T03:46:33Z") },
        };
      }
      return {
        kind: "caller",
        caller: {
          objectId,
          appId: objectId,
          kind: "application",
          tenantId: TENANT_ID,
          roles: [],
          scopes: [],
          claims: { oid: objectId, appid: objectId, tid: TENANT_ID, idtyp: "app" },
          issuedAt: clock.now(),
          expiresAt: clock.now() + 3_600_000,
          tokenId: "uti",
        },
      };
    },
  });
  const { tenant } = runtime;
  const ask = (method: string, path: string, options: AskOptions = {}): Answer => {
    const { as = "owner", body, apiVersion = "2022-04-01", headers = {} } = options;
    const url = new URL(path.startsWith("https:") ? path : `https://management.azure.com${path}`);
    if (apiVersion !== null && !url.searchParams.has("api-version")) {
      url.searchParams.set("api-version", apiVersion);
    }
    const { response } = runtime.at(runtime.next(), clock.now(), (id) =>
      armService.handle(
        {
          id,
          method,
          host: url.host,
          url,
          headers: {
            ...(as === "" ? {} : { authorization: `Bearer ${PRINCIPALS.includes(as) ? principal(as) : as}` }),
            ...headers,
          },
          body: body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body)),
          clientAddress: "203.0.113.7",
        },
        tenant,
      ),
    );
    const parsed = Body.safeParse(response.body ?? {});
    const read = parsed.success ? parsed.data : {};
    return {
      status: response.status,
      headers: response.headers ?? {},
      raw: response.body,
      body: read,
      code: read.error?.code,
      message: read.error?.message,
    };
  };
  const subscription = `/subscriptions/${names.guid("subscription", "prod")}`;
  return {
    tenant,
    names,
    clock,
    subscription,
    group: `${subscription}/resourceGroups/rg-shop`,
    principal,
    ask,
  };
}

/** The pages of a list, followed to their end. */
export function everyPage(arm: ArmUnderTest, path: string, options?: AskOptions): unknown[] {
  const items: unknown[] = [];
  let next: string | undefined = path;
  while (next !== undefined) {
    const { body }: Answer = arm.ask("GET", next, options);
    items.push(...(body.value ?? []));
    next = body.nextLink ?? undefined;
  }
  return items;
}
