import { z } from "zod";
import type { ActivitySource } from "../../case/activity.ts";
import { kqlList } from "../identifiers.ts";
import { addressOf, type LogSource, momentOf, NEWEST, textOf, type Who } from "./log-source.ts";

const Text = z.string().nullish();

const SignIn = z.object({
  TimeGenerated: z.string(),
  Id: Text,
  Subject: z.string(),
  AppId: Text,
  IPAddress: Text,
  Country: Text,
  ResultType: z.coerce.string(),
  ResourceDisplayName: Text,
  ResourceIdentity: Text,
  UniqueTokenIdentifier: Text,
  CorrelationId: Text,
  CredentialKeyId: Text,
  Thumbprint: Text,
  FederatedCredentialId: Text,
  Agent: Text,
  Upn: Text,
});

interface Table {
  readonly table: string;
  readonly source: ActivitySource;
  readonly of: "service-principal" | "managed-identity" | "user";
  readonly subject: string;
  /** Columns only some of these tables have. */
  readonly own: string;
}

const WORKLOAD =
  'CredentialKeyId = ServicePrincipalCredentialKeyId, Thumbprint = ServicePrincipalCredentialThumbprint, FederatedCredentialId, Upn = ""';
const PERSON = 'CredentialKeyId = "", Thumbprint = "", FederatedCredentialId = "", Upn = UserPrincipalName';

const TABLES: readonly Table[] = [
  {
    table: "AADServicePrincipalSignInLogs",
    source: "service-principal-sign-in",
    of: "service-principal",
    subject: "ServicePrincipalId",
    own: WORKLOAD,
  },
  {
    table: "AADManagedIdentitySignInLogs",
    source: "managed-identity-sign-in",
    of: "managed-identity",
    subject: "ServicePrincipalId",
    own: WORKLOAD,
  },
  { table: "SigninLogs", source: "user-sign-in", of: "user", subject: "UserId", own: PERSON },
  {
    table: "AADNonInteractiveUserSignInLogs",
    source: "user-sign-in",
    of: "user",
    subject: "UserId",
    own: PERSON,
  },
];

/** Sign-ins, one table for each kind of principal and, for people, for each way of signing in. */
export const SIGN_INS: readonly LogSource[] = TABLES.map(
  ({ table, source, of, subject, own }): LogSource => ({
    source,
    table,
    kql: (who) =>
      asked(who, of)
        ? `${table}
| where ${subject} in~ ${kqlList(who.objectIds)}
| project TimeGenerated, Id, Subject = ${subject}, AppId, IPAddress, Country = Location, ResultType, ResourceDisplayName, ResourceIdentity, UniqueTokenIdentifier, CorrelationId, ${own}, Agent = column_ifexists("UserAgent", "")
${NEWEST}`
        : null,
    usual: (who) =>
      asked(who, of)
        ? `${table}
| where ${subject} in~ ${kqlList(who.objectIds)}
| where ResultType == "0"
| summarize Times = count() by Subject = ${subject}, Address = IPAddress, Country = Location`
        : null,
    read: (row) => {
      const parsed = SignIn.safeParse(row);
      const at = momentOf(row["TimeGenerated"]);
      if (!parsed.success || at === null) return null;
      const it = parsed.data;
      const token = textOf(it.UniqueTokenIdentifier);
      return {
        key: `${table} ${textOf(it.Id) ?? `${it.CorrelationId ?? ""} ${at} ${it.Subject}`}`,
        weight: 0,
        actor: {
          objectId: it.Subject.toLowerCase(),
          appId: of === "user" ? null : textOf(it.AppId),
          userPrincipalName: textOf(it.Upn),
        },
        links: [],
        activity: {
          at,
          source,
          operation: "Sign-in",
          target: textOf(it.ResourceDisplayName) ?? textOf(it.ResourceIdentity),
          outcome: it.ResultType === "0" ? "success" : "failure",
          address: addressOf(it.IPAddress),
          country: textOf(it.Country),
          userAgent: textOf(it.Agent),
          credentialKeyId: textOf(it.CredentialKeyId) ?? textOf(it.FederatedCredentialId),
          tokenId: token,
          correlationId: textOf(it.CorrelationId),
          attribution: "proven",
        },
        row,
      };
    },
  }),
);

function asked(who: Who, of: Table["of"]): boolean {
  return who.kinds.has(of);
}
