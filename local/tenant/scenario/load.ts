import { z } from "zod";
import { namedGuid } from "../random.ts";
import { AzureSection, loadAzure, managedIdentityPrincipals } from "../state/azure.ts";
import { addManagedIdentity, type Directory, DirectorySection, loadDirectory } from "../state/directory.ts";
import { loadLogs, LogSection } from "../state/logs.ts";
import { loadVaults, VaultSection } from "../state/vaults.ts";
import type { Delays, TenantState } from "../tenant.ts";
import type { Locate } from "../entra/sign-in-log.ts";
import { castOf } from "./history/cast.ts";
import { History } from "./history/format.ts";
import { playHistory } from "./history/play.ts";
import { generate } from "./generate/generate.ts";
import { sizeFrom } from "./generate/size.ts";
import { AttackSpec, ScenarioFile, Truth } from "./format.ts";
import { type ScenarioNames, scenarioNames } from "./names.ts";
import { problemsOf, problemsThrown, ScenarioError } from "./problems.ts";
import { withProduct } from "./with-product.ts";

export interface Scenario {
  readonly name: string;
  readonly describes: string;
  readonly tenant: { readonly id: string; readonly displayName: string; readonly domain: string };
  readonly nowInMs: number;
  readonly delays: Partial<Delays>;
  readonly addresses: ScenarioFile["addresses"];
  readonly machines: ScenarioFile["machines"];
  readonly riskPolicyId: string | undefined;
  readonly names: ScenarioNames;
  readonly state: TenantState;
  /** The body its real sender would send, names resolved. */
  readonly alert: { readonly format: string; readonly body: unknown } | undefined;
  readonly attack: AttackSpec | undefined;
  readonly truth: Truth | undefined;
}

export interface LoadOptions {
  /** Where the scenario is from, for messages. */
  readonly source: string;
  readonly seed: string | number;
  readonly nowInMs: number;
  /** Objects to add, for size. */
  readonly generate?: Readonly<Record<string, number>>;
}

/** Turns a scenario file into a tenant's state. Throws a ScenarioError that lists everything that is wrong with the file. */
export function loadScenario(raw: unknown, { source, seed, nowInMs, generate: size }: LoadOptions): Scenario {
  const parsed = ScenarioFile.safeParse(raw);
  if (!parsed.success) throw new ScenarioError(source, problemsOf(parsed.error));
  const { name, describes, now } = parsed.data;
  const tenant = {
    id: parsed.data.tenant.id ?? namedGuid(name, String(seed), "tenant"),
    ...withoutId(parsed.data.tenant),
  };
  const startsAt = now === undefined ? nowInMs : Date.parse(now);
  const names = scenarioNames({ scenario: name, seed, nowInMs: startsAt });
  names.given("tenant", "id", tenant.id);
  names.given("tenant", "domain", tenant.domain);
  const file = withProduct(parsed.data, tenant.id);

  const problems: string[] = [];
  const section = <T>(key: string, load: () => T): T | undefined => {
    try {
      return load();
    } catch (error) {
      problems.push(...(error instanceof z.ZodError ? problemsOf(error, key) : problemsThrown(error, key)));
      return undefined;
    }
  };
  section("logs", () => declareWorkspaces(file.logs, names));
  // Once to learn which ids the file gives, because what refers to them may stand above them; then for good.
  section("directory", () => declareIds(file.directory, names, tenant.domain));
  const azure = section("azure", () => loadAzure(AzureSection.parse(file.azure), names));
  const directory = section("directory", () =>
    loadDirectory(DirectorySection.parse(names.resolve(file.directory)), names, tenant.domain),
  );
  const vaults = section("vaults", () => loadVaults(VaultSection.parse(names.resolve(file.vaults)), names));
  const logs = section("logs", () => loadLogs(LogSection.parse(names.resolve(file.logs)), names));
  const alert = section(
    "alert",
    () => z.object({ alert: ScenarioFile.shape.alert }).parse(names.resolve({ alert: file.alert })).alert,
  );
  const attack = section("attack", () => file.attack && AttackSpec.parse(names.resolve(file.attack)));
  const machines = section(
    "machines",
    () =>
      z.object({ machines: ScenarioFile.shape.machines }).parse(names.resolve({ machines: file.machines }))
        .machines,
  );
  const truth = section("truth", () => file.truth && Truth.parse(names.resolve(file.truth)));
  if (directory && azure) {
    for (const identity of managedIdentityPrincipals(azure)) {
      loadManagedIdentity(directory, names, identity, startsAt - 200 * 86_400_000);
    }
  }
  if (directory && azure && vaults && logs) {
    const state = { directory, azure, vaults, logs };
    const history = section("history", () => History.parse(names.resolve(file.history))) ?? [];
    section("history", () =>
      playHistory(history, castOf(state, names, tenant.id), locatorOf(file.addresses)),
    );
  }
  for (const reference of names.unknownReferences())
    problems.push(`{{${reference}}} refers to nothing in the file`);
  if (problems.length > 0 || !directory || !azure || !vaults || !logs)
    throw new ScenarioError(source, problems);
  if (size !== undefined) generate({ directory, azure, vaults, logs }, sizeFrom(size), seed, startsAt);
  return {
    name,
    describes,
    tenant,
    nowInMs: startsAt,
    delays: definedOnly(file.delays ?? {}),
    addresses: file.addresses,
    machines: machines ?? {},
    riskPolicyId:
      file.conditionalAccess?.blocksRiskyWorkloads === true
        ? names.guid("policy", "risky-workloads")
        : undefined,
    names,
    state: { directory, azure, vaults, logs },
    alert: alert && { format: alert.format, body: alert.body },
    attack,
    truth,
  };
}

function withoutId({ displayName, domain }: ScenarioFile["tenant"]) {
  return { displayName, domain };
}

function loadManagedIdentity(
  directory: Directory,
  names: ScenarioNames,
  identity: ReturnType<typeof managedIdentityPrincipals>[number],
  createdAt: number,
): void {
  names.given("servicePrincipal", identity.name, identity.principalId);
  addManagedIdentity(
    directory,
    {
      principalId: identity.principalId,
      clientId: identity.clientId,
      displayName: identity.name,
      resourceId: identity.resourceId,
      userAssigned: identity.kind === "user-assigned",
    },
    createdAt,
  );
}

function declareIds(section: unknown, names: ScenarioNames, domain: string): void {
  const parsed = DirectorySection.safeParse(section);
  if (parsed.success) loadDirectory(parsed.data, names, domain);
}

const GivenWorkspaces = z.object({
  workspaces: z.array(z.object({ name: z.string(), id: z.guid().optional() })).default([]),
});

function declareWorkspaces(section: unknown, names: ScenarioNames): void {
  for (const { name, id } of GivenWorkspaces.parse(section).workspaces) {
    if (id !== undefined) names.given("workspace", name, id);
    else names.guid("workspace", name);
  }
}

/** Where Entra thinks an address is: what the file says, and Microsoft's own region otherwise. */
export function locatorOf(addresses: ScenarioFile["addresses"]): Locate {
  return (address) => addresses[address] ?? { countryOrRegion: "NL", city: "Amsterdam" };
}

function definedOnly(delays: Readonly<Record<string, number | undefined>>): Partial<Delays> {
  return Object.fromEntries(Object.entries(delays).filter(([, value]) => value !== undefined));
}
