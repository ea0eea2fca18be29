import { isIP } from "node:net";
import { z } from "zod";
import { History } from "./history/format.ts";

/** A section that its own engineer's schema parses; here it only has to be an object. */
const Section = z.record(z.string(), z.unknown());
const Id = z.string().min(1);

const CredentialSpec = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("secret"), appId: Id, secret: z.string().min(1) }),
  /** A token of an outside issuer, exchanged for one of Entra's. */
  z.strictObject({
    kind: z.literal("federated"),
    appId: Id,
    issuer: z.url(),
    subject: z.string().min(1),
    audience: z.string().default("api://AzureADTokenExchange"),
  }),
  /** Through the metadata of a resource the attacker can make requests from: its ARM id, and which identity. */
  z.strictObject({ kind: z.literal("managed-identity"), resourceId: Id, clientId: Id.optional() }),
]);

const named = { name: z.string().optional(), as: z.string().optional() };

/** One thing an attacker keeps trying. `as` names another of the attack's credentials; the first is used otherwise. */
export const CapabilitySpec = z.discriminatedUnion("do", [
  z.strictObject({
    ...named,
    do: z.literal("get-token"),
    resource: z.string().default("https://management.azure.com"),
  }),
  z.strictObject({
    ...named,
    do: z.literal("read-secret"),
    vault: z.string().min(1),
    secret: z.string().min(1),
  }),
  z.strictObject({ ...named, do: z.literal("list-role-assignments"), scope: z.string().startsWith("/") }),
  z.strictObject({
    ...named,
    do: z.literal("add-role-assignment"),
    scope: z.string().startsWith("/"),
    roleDefinitionId: Id,
    principalId: Id,
  }),
  z.strictObject({ ...named, do: z.literal("add-secret"), applicationId: Id }),
  z.strictObject({
    ...named,
    do: z.literal("add-federated-credential"),
    applicationId: Id,
    issuer: z.url(),
    subject: z.string().min(1),
  }),
  z.strictObject({ ...named, do: z.literal("re-enable"), servicePrincipalId: Id }),
]);
export type CapabilitySpec = z.infer<typeof CapabilitySpec>;

/** What a client with stolen credentials does over and over, from an address of its own. */
export const AttackSpec = z.strictObject({
  clientAddress: z.string().refine((it) => isIP(it) !== 0, { error: "not an IP address" }),
  everyInMs: z.number().int().positive().default(2_000),
  credentials: z.record(z.string(), CredentialSpec),
  capabilities: z.array(CapabilitySpec).min(1),
});
export type AttackSpec = z.infer<typeof AttackSpec>;
export type AttackCredential = z.infer<typeof CredentialSpec>;

/** What is so, for tests to compare with what was found. Ids, after names have been resolved. */
export const Truth = z.strictObject({
  suspect: z.strictObject({
    objectId: Id,
    appId: Id.nullable(),
    kind: z.enum(["application", "managed-identity", "user"]),
    name: z.string().optional(),
  }),
  /** Other principals the attacker is known to hold or to have made usable. */
  exposed: z
    .array(z.strictObject({ objectId: Id, appId: Id.nullable(), kind: z.string(), why: z.string() }))
    .default([]),
  /** What was touched, by kind: `secrets`, `clusters`, `storageAccounts` … */
  reached: z.record(z.string(), z.array(z.string())).default({}),
  /** What the attacker put there and has to go. */
  planted: z
    .array(
      z.strictObject({
        kind: z.string(),
        id: z.string(),
        on: z.string().optional(),
        note: z.string().optional(),
      }),
    )
    .default([]),
  /** Look involved, and must not be touched. */
  bystanders: z.array(z.strictObject({ id: Id, why: z.string() })).default([]),
});
export type Truth = z.infer<typeof Truth>;

/** A scenario file. How to write one: `docs/stand-in-tenant.md`. */
export const ScenarioFile = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, { error: "must be lower-case letters, digits and dashes" }),
  describes: z.string().min(1),
  tenant: z.strictObject({
    id: z.guid().optional(),
    displayName: z.string().min(1),
    domain: z.string().regex(/^[a-z0-9.-]+\.[a-z]+$/, { error: "not a domain name" }),
  }),
  /** When the tenant's story is told from. Absent: when it starts. */
  now: z.iso.datetime().optional(),
  delays: z
    .strictObject({
      directoryReplicationInMs: z.number().min(0),
      tokenIssuanceInMs: z.number().min(0),
      roleAssignmentInMs: z.number().min(0),
      logIngestionInMs: z.number().min(0),
      resourceGraphInMs: z.number().min(0),
      longRunningOperationInMs: z.number().min(0),
      continuousAccessInMs: z.number().min(0),
    })
    .partial()
    .optional(),
  /** Where addresses are, for sign-in rows: address → country code and city. */
  addresses: z
    .record(
      z.string(),
      z.strictObject({ countryOrRegion: z.string().length(2), city: z.string().default("") }),
    )
    .default({}),
  /** Virtual machines by private address, so that their metadata can be asked from there: address → ARM id. */
  machines: z.record(z.string(), z.string().startsWith("/")).default({}),
  /** A policy that gives workloads at high risk no token; without it risk has no effect, as in Azure. */
  conditionalAccess: z.strictObject({ blocksRiskyWorkloads: z.boolean() }).optional(),
  directory: Section.default({}),
  azure: Section.default({}),
  vaults: Section.default({}),
  logs: Section.default({}),
  /** What happened before: written into the logs as Azure would have. */
  history: History.default([]),
  alert: z.strictObject({ format: z.string().min(1), body: z.unknown() }).optional(),
  attack: AttackSpec.optional(),
  truth: Truth.optional(),
});
export type ScenarioFile = z.infer<typeof ScenarioFile>;
