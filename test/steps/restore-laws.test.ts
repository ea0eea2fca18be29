import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { TenantHandle } from "../../local/tenant/start.ts";
import type { StepOutcome } from "../../src/case/outcome.ts";
import type { PlannedStep } from "../../src/case/plan.ts";
import { inLanes } from "../../src/respond/lanes.ts";
import { stepNamed } from "../../src/steps/steps.ts";
import { STAGE } from "./stage.ts";
import { assemblePlan, openStage, planningOf, scopeOfStage, type Stage } from "./staged.ts";
import { worldOf } from "./world.ts";

/** What Azure gives anew with whatever is made again: ids of links, when it was made, and what it writes down by itself. */
const GIVEN_ANEW =
  /"(?:id|createdAt|createdDateTime|startDateTime|modifiedDateTime|createdBy|systemData|etag|changedAt)":(?:"[^"]*"|\d+|null|\{[^}]*\}),?/g;
/** Whatever a cluster only served until it was first written to. */
const SERVED = / (?:azurePortalFQDN|fqdn|nodeResourceGroup|oidcIssuerProfile|powerState) /;

/** All of a tenant that a step can change, without what is given anew, sorted. `null` and `false` of a flag mean the same. */
function stateOf(tenant: TenantHandle): readonly string[] {
  return [...worldOf(tenant)]
    .map(([path, value]) => {
      const isLink =
        /^(?:federatedCredentials|appRoleAssignments|grants|roleAssignments|roleSchedules|memberships|ownerships) /.test(
          path,
        );
      const name = isLink ? (path.split(" ")[0] ?? "") : path;
      if (path.startsWith("access policy of ")) return path.replaceAll(/\[[^\]]*\]/g, sortedList);
      return `${name} ${value.replaceAll(GIVEN_ANEW, "").replaceAll('"isDisabled":null', '"isDisabled":false')}`;
    })
    .filter((line) => !SERVED.test(line) && !isOpenDoor(line))
    .toSorted();
}

/** The order of an access policy's permissions means nothing. */
function sortedList(list: string): string {
  return list.slice(1, -1).split(",").toSorted().join(",");
}

/** A door for publishing that nobody wrote is open; the same, written, is no difference. */
function isOpenDoor(line: string): boolean {
  return line.includes("/basicPublishingCredentialsPolicies/") && !line.endsWith(" allow false");
}

const some = <T>(items: readonly T[]) => fc.subarray([...items]);

/** A tenant like the stage, with as much or as little of everything as it happens to have. */
const aTenant = fc
  .record({
    enabled: fc.boolean(),
    deactivated: fc.constantFrom(null, false, true),
    certificates: some(STAGE.directory.applications[0]?.certificates ?? []),
    federated: some([
      ...(STAGE.directory.applications[0]?.federated ?? []),
      {
        name: "two-audiences",
        issuer: "https://issuer.example/",
        subject: "system:serviceaccount:shop:job",
        audiences: ["api://AzureADTokenExchange", "api://other"],
        description: "For the night job",
      },
    ]),
    owners: some(["user.ada", "user.tom", "user.uma"]),
    principalOwners: some(["user.ada", "user.tom"]),
    appRoles: some(["Application.Read.All", "AuditLog.Read.All", "User.Read.All"]),
    scopes: fc.subarray(["User.Read", "Mail.Read", "Files.Read"], { minLength: 1 }),
    members: some(["servicePrincipal.deploy", "user.uma", "user.ada"]),
    roles: some(STAGE.azure.roleAssignments),
    directoryRoles: some(STAGE.directory.roleAssignments),
    eligible: some(STAGE.directory.eligibleRoles),
    schedules: some(STAGE.azure.roleSchedules),
    secrets: fc.subarray(["get", "list", "set", "delete"], { minLength: 1 }),
    keys: fc.subarray(["get", "sign"]),
    identityFederated: some(STAGE.azure.identities[0]?.federatedCredentials ?? []),
    localAccountsOff: fc.boolean(),
    ranges: fc.subarray(["192.0.2.0/24", "198.51.100.7/32"]),
    userEnabled: fc.boolean(),
    shutDoors: some(["scm", "ftp"]),
  })
  .map((it): object => {
    const [deploy, ...others] = STAGE.directory.applications;
    const [identity, ...identities] = STAGE.azure.identities;
    if (deploy === undefined || identity === undefined) throw new TypeError("the stage is empty");
    return {
      ...STAGE,
      directory: {
        ...STAGE.directory,
        users: STAGE.directory.users.map((user) =>
          user.name === "uma" ? { ...user, accountEnabled: it.userEnabled } : user,
        ),
        groups: [{ name: "ops", members: it.members }, ...STAGE.directory.groups.slice(1)],
        applications: [
          {
            ...deploy,
            isDisabled: it.deactivated,
            certificates: it.certificates,
            federated: it.federated,
            owners: it.owners,
            servicePrincipal: {
              ...deploy.servicePrincipal,
              accountEnabled: it.enabled,
              owners: it.principalOwners,
            },
          },
          ...others,
        ],
        appRoleAssignments: [
          ...(it.appRoles.length === 0 ? [] : [{ principal: "servicePrincipal.deploy", roles: it.appRoles }]),
          { principal: "servicePrincipal.bystander", roles: ["Application.Read.All"] },
        ],
        delegatedGrants: [
          { client: "servicePrincipal.deploy", scopes: it.scopes },
          { client: "servicePrincipal.deploy", principal: "user.ada", scopes: ["Files.Read"] },
        ],
        roleAssignments: it.directoryRoles,
        eligibleRoles: it.eligible,
      },
      azure: {
        ...STAGE.azure,
        identities: [{ ...identity, federatedCredentials: it.identityFederated }, ...identities],
        resources: [
          ...it.shutDoors.map((door) => ({
            type: "Microsoft.Web/sites/basicPublishingCredentialsPolicies",
            name: `web/${door}`,
            resourceGroup: "rg",
            properties: { allow: false },
          })),
          ...STAGE.azure.resources,
        ].map((resource) => {
          switch (resource.name) {
            case "kv-policies":
              return {
                ...resource,
                properties: {
                  ...resource.properties,
                  accessPolicies: ["{{servicePrincipal.deploy}}", "{{user.ada}}"].map((objectId) => ({
                    tenantId: "{{tenant.id}}",
                    objectId,
                    permissions: { keys: it.keys, secrets: it.secrets, certificates: [], storage: [] },
                  })),
                },
              };
            case "aks":
              return {
                ...resource,
                properties: {
                  ...resource.properties,
                  disableLocalAccounts: it.localAccountsOff,
                  apiServerAccessProfile: { authorizedIPRanges: it.ranges, disableRunCommand: true },
                },
              };
            default:
              return resource;
          }
        }),
        roleAssignments: it.roles,
        roleSchedules: it.schedules,
      },
    };
  });

const took = ({ kind }: StepOutcome) => kind === "applied" || kind === "already-so";

async function performed(stage: Stage, steps: readonly PlannedStep[]) {
  return inLanes(steps, (step) =>
    stepNamed(step.kind).bind(step.target, step.before).apply({ azure: stage.actor, stepId: step.id }),
  );
}

async function undone(stage: Stage, steps: readonly PlannedStep[]) {
  return inLanes(steps, async (step): Promise<StepOutcome> => {
    const bound = stepNamed(step.kind).bind(step.target, step.before);
    const outcome = await bound.undo?.({ azure: stage.actor, stepId: step.id });
    if (outcome === undefined) throw new TypeError(`${step.kind} has no way back`);
    const seen = await bound.verifyUndone?.({ azure: stage.azure, stepId: step.id });
    if (took(outcome) && seen?.kind !== "confirmed")
      throw new Error(`${step.title}: ${JSON.stringify(seen)}`);
    return outcome;
  });
}

test("whatever a tenant has: all that can be undone, cut and put back, leaves it as it was; put back twice as well", async () => {
  await fc.assert(
    fc.asyncProperty(aTenant, async (scenario) => {
      await using stage = await openStage(scenario);
      const plan = assemblePlan(planningOf(await scopeOfStage(stage)));
      const waves = plan.waves
        .map(({ steps }) => steps.filter(({ reversible }) => reversible))
        .filter((steps) => steps.length > 0);
      const before = stateOf(stage.tenant);
      for (const steps of waves) {
        const outcomes = await performed(stage, steps);
        expect(outcomes.filter((it) => !took(it))).toEqual([]);
      }
      expect(stateOf(stage.tenant)).not.toEqual(before);
      for (const steps of waves.toReversed()) {
        const outcomes = await undone(stage, steps.toReversed());
        expect(outcomes.filter((it) => !took(it))).toEqual([]);
      }
      expect(stateOf(stage.tenant)).toEqual(before);
      for (const steps of waves.toReversed()) {
        const again = await undone(stage, steps.toReversed());
        expect(again.filter(({ kind }) => kind !== "already-so")).toEqual([]);
      }
      expect(stateOf(stage.tenant)).toEqual(before);
    }),
    { numRuns: 5, seed: 7, endOnFailure: true },
  );
}, 240_000);
