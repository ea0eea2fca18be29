import { z } from "zod";

const SPAN = /^\d+(?:\.\d+)?[smhdw]$/;

const When = {
  /** `-2h`, or ISO. */
  at: z.string().min(2),
  /** Again and again from `at` to `until`: background noise. */
  every: z.string().regex(SPAN, { error: "not a span such as 15m or 6h" }).optional(),
  until: z.string().min(2).optional(),
};

/** `servicePrincipal.deploy`, `identity.id-shop`, `user.ada`. */
const Who = z
  .string()
  .regex(/^(servicePrincipal|identity|user)\..+/, { error: "not servicePrincipal.…, identity.… or user.…" });
const From = z.string().min(3);

/** What happened in a tenant before the scenario begins. Each becomes the rows that Azure would have written of it. */
export const HistoryEvent = z.discriminatedUnion("what", [
  z.strictObject({
    ...When,
    what: z.literal("sign-in"),
    who: Who,
    from: From,
    /** Display name of what the token was for. */
    to: z.string().default("Windows Azure Service Management API"),
    /** `application.credential`, as the directory section names them; absent: a secret nobody knows the id of. */
    secret: z.string().optional(),
    certificate: z.string().optional(),
    federated: z.string().optional(),
    /** AADSTS number when it failed. */
    error: z.number().int().default(0),
    userAgent: z.string().optional(),
  }),
  z.strictObject({
    ...When,
    what: z.literal("azure"),
    who: Who,
    from: From,
    /** `Microsoft.Storage/storageAccounts/listKeys/action` */
    operation: z.string().includes("/"),
    /** ARM id, or name of a resource of the azure section. */
    on: z.string().min(1),
    status: z.enum(["Success", "Failure", "Accept"]).default("Success"),
    httpStatus: z.number().int().default(200),
    body: z.unknown().optional(),
    /** Name of the role that allowed it. */
    allowedBy: z.string().optional(),
  }),
  z.strictObject({
    ...When,
    what: z.literal("vault"),
    who: Who,
    from: From,
    vault: z.string().min(1),
    operation: z.string().default("SecretGet"),
    secret: z.string().optional(),
    httpStatus: z.number().int().default(200),
    userAgent: z.string().default("azsdk-python-keyvault-secrets/4.7.0 Python/3.11.2"),
  }),
  z.strictObject({
    ...When,
    what: z.literal("cluster"),
    cluster: z.string().min(1),
    user: z.strictObject({
      username: z.string(),
      groups: z.array(z.string()).default([]),
      who: Who.optional(),
    }),
    /** The last one cannot be forged by the client. */
    from: z.array(From).min(1),
    verb: z.string(),
    uri: z.string().startsWith("/"),
    object: z
      .strictObject({
        resource: z.string(),
        namespace: z.string().optional(),
        name: z.string().optional(),
        apiGroup: z.string().optional(),
        apiVersion: z.string().optional(),
        subresource: z.string().optional(),
      })
      .optional(),
    stage: z.enum(["ResponseStarted", "ResponseComplete"]).default("ResponseComplete"),
    httpStatus: z.number().int().default(200),
    userAgent: z.string().default("kubectl/v1.31.2 (linux/amd64) kubernetes/5864a46"),
    request: z.unknown().optional(),
  }),
  z.strictObject({
    ...When,
    what: z.literal("audit"),
    who: Who,
    from: From,
    operation: z.string(),
    category: z
      .enum([
        "ApplicationManagement",
        "UserManagement",
        "GroupManagement",
        "RoleManagement",
        "DirectoryManagement",
        "Policy",
      ])
      .default("ApplicationManagement"),
    kind: z.enum(["Add", "Update", "Delete", "Assign", "Unassign", "Other"]).default("Update"),
    targets: z
      .array(
        z.strictObject({
          /** `application.deploy`, `servicePrincipal.deploy`, `user.ada`, or an id. */
          of: z.string(),
          modified: z
            .array(
              z.strictObject({
                name: z.string(),
                old: z.unknown().default(null),
                new: z.unknown().default(null),
              }),
            )
            .default([]),
        }),
      )
      .min(1),
  }),
  z.strictObject({
    ...When,
    what: z.literal("graph"),
    who: Who,
    from: From,
    method: z.string().default("GET"),
    uri: z.string().startsWith("https://graph.microsoft.com/"),
    httpStatus: z.number().int().default(200),
    userAgent: z.string().default("python-requests/2.32.3"),
  }),
  z.strictObject({
    ...When,
    what: z.literal("blob"),
    account: z.string().min(1),
    operation: z.string().default("GetBlob"),
    blob: z.string(),
    /** With the port, as this table has it. */
    from: From,
    by: z.union([
      z.strictObject({ who: Who }),
      z.strictObject({ key: z.string() }),
      z.strictObject({ sas: z.string(), signedWith: z.string() }),
    ]),
    httpStatus: z.number().int().default(200),
  }),
]);
export type HistoryEvent = z.infer<typeof HistoryEvent>;
export type EventOf<W extends HistoryEvent["what"]> = Extract<HistoryEvent, { what: W }>;

export const History = z.array(HistoryEvent);
