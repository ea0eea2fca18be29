import { z } from "zod";
import { PRODUCT } from "../../local/tenant/scenario/product.ts";
import { type StartOptions, startTenant, type TenantHandle } from "../../local/tenant/start.ts";
import type { SecretVersion } from "../../local/tenant/state/vaults.ts";
import { azureWith } from "../../src/azure/azure.ts";
import type { RotationLedger } from "../../src/rotate/ledger.ts";
import { giveUp, letGo, performStages } from "../../src/rotate/rotate.ts";
import { BEGINNING, type Ending, type Rotation, type RotationState } from "../../src/rotate/rotation.ts";
import type { RotationWork } from "../../src/rotate/work.ts";
import { identityIn } from "../scope/tenant-reader.ts";

const GROUP = "rg";
const VAULT = "kv-app";

/** A resource of every kind whose keys are kept in vaults, and a vault that holds one of each. */
const RESOURCES = [
  { type: "Microsoft.Storage/storageAccounts", name: "stapp", properties: { allowSharedKeyAccess: true } },
  { type: "Microsoft.DocumentDB/databaseAccounts", name: "cosmos-app" },
  { type: "Microsoft.ServiceBus/namespaces", name: "sb-app" },
  { type: "Microsoft.ServiceBus/namespaces/authorizationRules", name: "sb-app/send" },
  { type: "Microsoft.EventHub/namespaces", name: "eh-app" },
  { type: "Microsoft.EventHub/namespaces/authorizationRules", name: "eh-app/send" },
  { type: "Microsoft.Cache/redis", name: "redis-app" },
  { type: "Microsoft.ContainerRegistry/registries", name: "acrapp", properties: { adminUserEnabled: true } },
  { type: "Microsoft.AppConfiguration/configurationStores", name: "appcs-app" },
  { type: "Microsoft.CognitiveServices/accounts", name: "ai-app" },
  { type: "Microsoft.Web/sites", name: "site-app", identity: { system: true } },
  { type: "Microsoft.Web/sites/slots", name: "site-app/staging", identity: { system: true } },
  { type: "Microsoft.Sql/servers", name: "sql-app", properties: { administratorLogin: "boss" } },
  {
    type: "Microsoft.DBforPostgreSQL/flexibleServers",
    name: "pg-app",
    properties: { administratorLogin: "boss" },
  },
  {
    type: "Microsoft.DBforMySQL/flexibleServers",
    name: "mysql-app",
    properties: { administratorLogin: "boss" },
  },
].map((it) => ({ ...it, resourceGroup: GROUP }));

/** What the keyed providers are, with the key that the secret holds and the one beside it. */
export const KEYED = [
  { resource: "Microsoft.Storage/storageAccounts/stapp", key: "key1", alternate: "key2" },
  { resource: "Microsoft.DocumentDB/databaseAccounts/cosmos-app", key: "primary", alternate: "secondary" },
  {
    resource: "Microsoft.ServiceBus/namespaces/sb-app/authorizationRules/send",
    key: "PrimaryKey",
    alternate: "SecondaryKey",
  },
  {
    resource: "Microsoft.EventHub/namespaces/eh-app/authorizationRules/send",
    key: "PrimaryKey",
    alternate: "SecondaryKey",
  },
  { resource: "Microsoft.Cache/redis/redis-app", key: "Primary", alternate: "Secondary" },
  { resource: "Microsoft.ContainerRegistry/registries/acrapp", key: "password", alternate: "password2" },
  {
    resource: "Microsoft.AppConfiguration/configurationStores/appcs-app",
    key: "Primary",
    alternate: "Secondary",
  },
  { resource: "Microsoft.CognitiveServices/accounts/ai-app", key: "Key1", alternate: "Key2" },
  { resource: "Microsoft.Web/sites/site-app", key: "publishingPassword", alternate: null },
  { resource: "Microsoft.Web/sites/site-app/slots/staging", key: "publishingPassword", alternate: null },
] as const;

export const SERVERS = [
  "Microsoft.Sql/servers/sql-app",
  "Microsoft.DBforPostgreSQL/flexibleServers/pg-app",
  "Microsoft.DBforMySQL/flexibleServers/mysql-app",
] as const;

const scenario = {
  name: "rotated",
  describes: "One vault and a resource of every kind that has keys.",
  tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
  directory: {
    applications: [
      {
        name: "billing",
        secrets: [
          { name: "old", start: "-100d", end: "+100d" },
          { name: "other", start: "-10d", end: "+100d" },
        ],
        servicePrincipal: { secrets: [{ name: "sp-old", start: "-100d", end: "+100d" }] },
      },
    ],
  },
  azure: {
    subscriptions: [{ name: "prod" }],
    resourceGroups: [{ name: GROUP }],
    resources: [
      ...RESOURCES,
      {
        type: "Microsoft.Web/sites/config",
        name: "site-app/appsettings",
        resourceGroup: GROUP,
        properties: {
          KEY: `@Microsoft.KeyVault(SecretUri=https://${VAULT}.vault.azure.net/secrets/used/)`,
        },
      },
      {
        type: "Microsoft.Web/sites/config",
        name: "site-app/connectionstrings",
        resourceGroup: GROUP,
        properties: {
          Main: {
            type: "Custom",
            value: `@Microsoft.KeyVault(SecretUri=https://${VAULT}.vault.azure.net/secrets/used/)`,
          },
        },
      },
      {
        type: "Microsoft.KeyVault/vaults",
        name: VAULT,
        resourceGroup: GROUP,
        properties: {
          tenantId: "{{tenant.id}}",
          sku: { family: "A", name: "standard" },
          vaultUri: `https://${VAULT}.vault.azure.net/`,
          enableRbacAuthorization: true,
          accessPolicies: [],
        },
      },
    ],
    roleAssignments: [
      { principal: `identity.${PRODUCT.actor}`, role: "Owner", scope: "prod" },
      {
        principal: "identity.site-app",
        role: "Key Vault Secrets User",
        scope: `prod/${GROUP}/Microsoft.KeyVault/vaults/${VAULT}`,
      },
    ],
  },
  vaults: {
    [VAULT]: {
      secrets: {
        plain: { versions: [{ tags: { Generator: "random", GeneratorLength: "32" } }] },
        unknown: { versions: [{ value: "who knows" }] },
        certificate: { managed: true, versions: [{}] },
        gone: { deleted: "-1d", versions: [{}] },
      },
    },
  },
};

const AddedSecret = z.object({ keyId: z.string(), secretText: z.string() });

/** Somebody pulled the plug. */
export class PowerCut extends Error {
  override readonly name = "PowerCut";
}

export interface RotatedTenant extends AsyncDisposable {
  readonly tenant: TenantHandle;
  readonly vaultId: string;
  resourceId(path: string): string;
  /** The provider's keys as they are now, by lower-case name. */
  keys(resourceId: string): Readonly<Record<string, string>>;
  put(name: string, version: Partial<SecretVersion> & { readonly value: string }): void;
  versions(name: string): readonly SecretVersion[];
  /** A client secret of its own for a test, made as its owner would. */
  addClientSecret(
    path: string,
    displayName: string,
  ): Promise<{ readonly keyId: string; readonly value: string }>;
  /** Soft-deletes a secret, or takes that back. */
  setDeleted(name: string, deleted: boolean): void;
  setEnabled(name: string, enabled: boolean): void;
  /** A management lock, as Azure has them. */
  lock(scope: string, level: "CanNotDelete" | "ReadOnly"): Promise<Disposable>;
  work(
    name: string,
    options?: Partial<Rotation> &
      Partial<Pick<RotationWork, "suspects" | "consumers" | "signIn" | "siteIds">>,
  ): PoweredWork;
}

/** A rotation's work, whose plug can be pulled: from then on nothing of it reaches Azure until it is started again. */
export interface PoweredWork extends RotationWork {
  readonly journal: RotationWork["journal"] & { readonly lines: readonly string[]; cutAfter: number };
  /** Answers that came so far, each as `arm.post` and the like. */
  readonly answers: readonly string[];
  /** Called with their number when one came, before anybody sees it. May throw a `PowerCut`. */
  onAnswer: (count: number) => void;
  startAgain(): void;
}

export async function rotatedTenant(options: StartOptions = {}): Promise<RotatedTenant> {
  const tenant = await startTenant({ scenario, ...options });
  const entered = tenant.enterProcess();
  const azure = azureWith(identityIn(tenant, PRODUCT.actor));
  const root = `/subscriptions/${tenant.names.guid("subscription", "prod")}/resourceGroups/${GROUP}/providers`;
  const vaultId = `${root}/Microsoft.KeyVault/vaults/${VAULT}`;
  const vault = () => {
    const found = tenant.state.vaults.vaults.get(VAULT);
    if (found === undefined) throw new Error("no vault");
    return found;
  };
  const secrets = () => vault().secrets;
  const ledger = memoryLedger();
  return {
    tenant,
    vaultId,
    resourceId: (path) => `${root}/${path}`,
    keys: (resourceId) =>
      Object.fromEntries(
        [...(tenant.state.azure.keys.get(resourceId.toLowerCase())?.entries() ?? [])].map(([name, key]) => [
          name,
          key.value,
        ]),
      ),
    put(name, version) {
      const created = tenant.tenant.clock.now() - 86_400_000;
      const known = secrets().get(name) ?? { name, managed: false, versions: [] };
      known.versions.push({
        version: tenant.names.guid("secretVersion", `${name}.${known.versions.length}`).replaceAll("-", ""),
        enabled: true,
        created: created + known.versions.length * 1_000,
        updated: created,
        ...version,
      });
      secrets().set(name, known);
    },
    versions: (name) => secrets().get(name)?.versions ?? [],
    async addClientSecret(path, displayName) {
      const passwordCredential = { displayName, endDateTime: "2099-01-01T00:00:00Z" };
      const added = await azure.graph.post(`${path}/addPassword`, { passwordCredential }, AddedSecret);
      if (added.kind === "failed") throw new Error(`no client secret: ${added.failure.code}`);
      const { keyId, secretText } = added.value;
      return { keyId, value: secretText };
    },
    setDeleted(name, deleted) {
      const { deletedSecrets } = vault();
      const known = secrets().get(name) ?? deletedSecrets.get(name)?.object;
      if (known === undefined) throw new Error(`no secret ${name}`);
      const now = tenant.tenant.clock.now();
      if (deleted) {
        deletedSecrets.set(name, { object: known, deletedAt: now, purgeAt: now + 86_400_000 });
        secrets().delete(name);
      } else {
        secrets().set(name, known);
        deletedSecrets.delete(name);
      }
    },
    setEnabled(name, enabled) {
      const version = secrets().get(name)?.versions.at(-1);
      if (version !== undefined) version.enabled = enabled;
    },
    async lock(scope, level) {
      const id = `${scope}/providers/Microsoft.Authorization/locks/kept`;
      const put = await azure.arm.put(id, "2016-09-01", { properties: { level } }, z.unknown());
      if (put.kind === "failed") throw new Error(`no lock: ${put.failure.code}`);
      return { [Symbol.dispose]: () => tenant.state.azure.locks.delete(id.toLowerCase()) };
    },
    work(name, { suspects = [], consumers = [], signIn = true, siteIds = [], ...more } = {}) {
      const lines: string[] = [];
      const answers: string[] = [];
      let isDead = false;
      const living = () => {
        if (isDead) throw new PowerCut();
      };
      const orDie = (act: () => void) => {
        try {
          act();
        } catch (error) {
          isDead = true;
          throw error;
        }
      };
      const written = (line: string) => {
        living();
        lines.push(line);
        orDie(() => {
          if (lines.length === journal.cutAfter) throw new PowerCut();
        });
      };
      const journal = {
        lines,
        cutAfter: Number.POSITIVE_INFINITY,
        enter: () => undefined,
        async intend(effect: string, details: object = {}) {
          written(`intent ${effect} ${JSON.stringify(details)}`);
        },
        note(effect: string, details: object = {}) {
          written(`came ${effect} ${JSON.stringify(details)}`);
        },
      };
      const answered = (what: string) => {
        answers.push(what);
        orDie(() => work.onAnswer(answers.length));
      };
      const work: PoweredWork = {
        azure: {
          ...azure,
          graph: onMains(azure.graph, "graph", living, answered),
          arm: onMains(azure.arm, "arm", living, answered),
          vault: (uri) => onMains(azure.vault(uri), "vault", living, answered),
        },
        tenantId: tenant.tenant.id,
        rotation: {
          id: `rotation-of-${name}`,
          campaign: "case-1",
          vaultId,
          vaultUri: `https://${VAULT}.vault.azure.net`,
          secretName: name,
          mode: "incident",
          overlapInMs: 0,
          ...more,
        },
        ledger,
        suspects,
        consumers,
        siteIds,
        signIn,
        journal,
        guard: () => null,
        answers,
        onAnswer: () => {},
        startAgain: () => {
          isDead = false;
        },
      };
      return work;
    },
    async [Symbol.asyncDispose]() {
      entered[Symbol.dispose]();
      await tenant.stop();
    },
  };
}

/** Every call's answer is counted, and after the plug is pulled no call is made. */
function onMains<T extends object>(
  client: T,
  name: string,
  living: () => void,
  answered: (what: string) => void,
): T {
  return new Proxy(client, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property);
      if (typeof member !== "function") return member;
      return async (...parameters: readonly unknown[]) => {
        living();
        const answer: unknown = await Reflect.apply(member, target, parameters);
        answered(`${name}.${String(property)}`);
        return answer;
      };
    },
  });
}

/** Runs a rotation to its end as its orchestration would, without the waiting. */
export async function rotate(
  work: PoweredWork,
  {
    from = BEGINNING,
    tries = 3,
    twice = false,
  }: { readonly from?: RotationState; readonly tries?: number; readonly twice?: boolean } = {},
): Promise<{
  readonly state: RotationState;
  readonly ending: Ending;
  readonly stages: readonly string[];
  /** How long Azure asked to wait, where it did. */
  readonly waitedFor: readonly number[];
}> {
  let state = from;
  let left = tries;
  const stages: string[] = [];
  const waitedFor: number[] = [];
  const journal: RotationWork["journal"] = {
    ...work.journal,
    enter: ({ stage }) => void stages.push(stage),
  };
  for (let call = 0; call < 100; call++) {
    let result;
    try {
      result = await performStages({ ...work, journal }, state);
      // The host died when the activity was done and before it said so.
      if (twice) result = await performStages({ ...work, journal }, state);
    } catch (error) {
      // The host starts the activity again with what it was started with before.
      if (error instanceof PowerCut) {
        work.startAgain();
        continue;
      }
      throw error;
    }
    ({ state } = result);
    if (result.kind === "over") {
      await letGo(work, state);
      return { state, ending: result.ending, stages, waitedFor };
    }
    if (result.kind === "failed") {
      left -= 1;
      if (!result.failure.retryable || left === 0)
        return { state, ending: await giveUp(work, state, result.failure), stages, waitedFor };
      if (result.failure.retryAfterInMs !== null) waitedFor.push(result.failure.retryAfterInMs);
    }
  }
  throw new Error(`it goes round and round: ${stages.slice(-10).join(", ")}`);
}

/** The table's promise in memory: what the table itself does is tested with the table. */
function memoryLedger(): RotationLedger {
  const holders = new Map<string, string>();
  const waiting = new Set<string>();
  const notes = new Map<string, string>();
  const done = new Map<string, string[]>();
  return {
    hold(thing, holder, _, urgent = false) {
      const by = holders.get(thing.toLowerCase());
      const isFree = by === holder || (urgent && waiting.has(thing.toLowerCase()));
      if (by !== undefined && !isFree) return Promise.resolve({ kind: "busy", by });
      waiting.delete(thing.toLowerCase());
      holders.set(thing.toLowerCase(), holder);
      return Promise.resolve({ kind: "held", kept: notes.get(thing.toLowerCase()) ?? null });
    },
    wait(thing, holder) {
      if (holders.get(thing.toLowerCase()) === holder) waiting.add(thing.toLowerCase());
      return Promise.resolve();
    },
    keep(thing, _, note) {
      notes.set(thing.toLowerCase(), note);
      return Promise.resolve();
    },
    release(thing, holder) {
      if (holders.get(thing.toLowerCase()) !== holder) return Promise.resolve();
      holders.delete(thing.toLowerCase());
      notes.delete(thing.toLowerCase());
      return Promise.resolve();
    },
    regenerated: (resourceId, campaign) => Promise.resolve(done.get(`${campaign} ${resourceId}`) ?? []),
    markRegenerated(resourceId, campaign, key) {
      const thing = `${campaign} ${resourceId}`;
      done.set(thing, [...(done.get(thing) ?? []), key]);
      return Promise.resolve();
    },
  };
}
