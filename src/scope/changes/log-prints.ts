import { z } from "zod";
import type { TimeWindow } from "../../case/case.ts";
import { rowsOf } from "../activity/collect.ts";
import { momentOf, textOf } from "../activity/log-source.ts";
import { kqlList, kqlText } from "../identifiers.ts";
import type { Reading } from "../reading.ts";
import type { Concern } from "./concern.ts";
import { type Print, printOf } from "./prints.ts";

export interface LogQuestion {
  readonly concern: Concern;
  /** Ours: what we did ourselves is no news. */
  readonly ownIds: readonly string[];
  /** Always from the same moment on, so that rows that arrive late are counted late, and not missed. */
  readonly window: TimeWindow;
  readonly workspaceIds: readonly string[];
  /** The correlation id of the case's own tries of what it revoked. */
  readonly ownTries: string;
}

/** Sign-ins of the case's suspects with one credential and one result. */
export interface SignIns {
  readonly principalId: string;
  /** Key id or federated credential id; null where the log does not say, as for a secret that is not there any more. */
  readonly credentialId: string | null;
  /** Entra's error number; `0` for one that succeeded. */
  readonly result: string;
  readonly times: number;
  readonly first: string;
  readonly last: string;
  readonly addresses: readonly string[];
}

const inDirectory = ({ concern, ownIds }: LogQuestion) => `AuditLogs
| extend ByPrincipal = tostring(InitiatedBy.app.servicePrincipalId), ByUser = tostring(InitiatedBy.user.id), Target = tostring(TargetResources[0].id), SecondTarget = tostring(TargetResources[1].id)
| where ByPrincipal in~ ${kqlList(concern.suspectIds)} or ByUser in~ ${kqlList(concern.suspectIds)} or Target in~ ${kqlList(concern.objectIds)} or SecondTarget in~ ${kqlList(concern.objectIds)}
| where not(ByPrincipal in~ ${kqlList(ownIds)})
| where Result != "failure"`;

/** Roles and access given to one of them by anybody have its id in the request; a federated credential is below its identity. */
function inAzure({ concern, ownIds }: LogQuestion): string {
  const { suspectIds, appIds, holderIds, identityIds } = concern;
  const touching = [
    `Caller in~ ${kqlList(suspectIds)}`,
    `tostring(Claims_d.appid) in~ ${kqlList(appIds)}`,
    // An empty list would have to be some value, and `has` may find any value somewhere.
    ...(holderIds.length === 0 ? [] : [`tostring(Properties_d) has_any ${kqlList(holderIds)}`]),
    ...identityIds.map((id) => `_ResourceId startswith ${kqlText(`${id}/`)}`),
  ];
  return `AzureActivity
| where CategoryValue == "Administrative"
| where not(Caller in~ ${kqlList(ownIds)})
| where ${touching.join(" or ")}`;
}

/** Old versions that somebody enables again, or a vault whose secrets somebody else writes. */
const inVaults = ({ concern, ownIds }: LogQuestion) => `AZKVAuditLogs
| where OperationName in ("SecretUpdate", "SecretSet", "SecretRecover", "SecretRestore")
| where _ResourceId in~ ${kqlList(concern.vaultIds)}
| where HttpStatusCode < 400
| where not(coalesce(tostring(Identity.claim.oid), tostring(Identity.claim["http://schemas.microsoft.com/identity/claims/objectidentifier"])) in~ ${kqlList(ownIds)})`;

const COUNTED = "| summarize Times = count(), Latest = max(TimeGenerated)";

/** How much the logs say of the case by now, one number a log: what matters is whether it grew. */
export function printsOfLogs(reading: Reading, question: LogQuestion): Promise<readonly Print[]> {
  const { objectIds, vaultIds } = question.concern;
  const asked = [
    ...(objectIds.length === 0
      ? []
      : [
          { about: "AuditLogs", kql: inDirectory(question) },
          { about: "AzureActivity", kql: inAzure(question) },
        ]),
    ...(vaultIds.length === 0 ? [] : [{ about: "AZKVAuditLogs", kql: inVaults(question) }]),
  ];
  return Promise.all(
    asked.map(async ({ about, kql }): Promise<Print> => {
      const rows = await rowsOf(reading, about, `${kql}\n${COUNTED}`, question.window, question.workspaceIds);
      return { key: `log ${about}`, print: { kind: "ok", value: printOf(rows) } };
    }),
  );
}

const SIGN_INS = [
  { table: "AADServicePrincipalSignInLogs", subject: "ServicePrincipalId", workload: true },
  { table: "AADManagedIdentitySignInLogs", subject: "ServicePrincipalId", workload: true },
  { table: "AADNonInteractiveUserSignInLogs", subject: "UserId", workload: false },
  { table: "SigninLogs", subject: "UserId", workload: false },
] as const;

const SignInRow = z.object({
  Subject: z.string(),
  Credential: z.string().nullish(),
  ResultType: z.coerce.string(),
  Times: z.coerce.number(),
  First: z.string(),
  Last: z.string(),
  Addresses: z.array(z.string()).catch([]),
});

/** Who of the suspects signed in or tried to, with what, and what came of it. One request for each kind of sign-in. */
export async function readSignIns(reading: Reading, question: LogQuestion): Promise<readonly SignIns[]> {
  const { suspectIds, userIds, hasIdentities } = question.concern;
  const people = suspectIds.filter((id) => userIds.includes(id));
  const workloads = suspectIds.filter((id) => !userIds.includes(id));
  const asked = SIGN_INS.filter(
    ({ table, workload }) =>
      (workload ? workloads : people).length > 0 &&
      (table !== "AADManagedIdentitySignInLogs" || hasIdentities),
  );
  const found = await Promise.all(
    asked.map(async ({ table, subject, workload }) => {
      const credential = workload
        ? "iff(isnotempty(FederatedCredentialId), FederatedCredentialId, ServicePrincipalCredentialKeyId)"
        : '""';
      const kql = `${table}
| where ${subject} in~ ${kqlList(workload ? workloads : people)}
| where not(tostring(ResultType) != "0" and CorrelationId =~ ${kqlText(question.ownTries)})
| extend Credential = ${credential}
| summarize Times = count(), First = min(TimeGenerated), Last = max(TimeGenerated), Addresses = make_set(IPAddress, 10) by Subject = ${subject}, Credential, ResultType`;
      return rowsOf(reading, table, kql, question.window, question.workspaceIds);
    }),
  );
  return found.flat().flatMap((row): readonly SignIns[] => {
    const parsed = SignInRow.safeParse(row);
    const first = momentOf(row["First"]);
    const last = momentOf(row["Last"]);
    if (!parsed.success || first === null || last === null) {
      reading.gaps.note("sign-ins", "NOT_UNDERSTOOD", "rows are not what the table documents");
      return [];
    }
    const { Subject, Credential, ResultType, Times, Addresses } = parsed.data;
    return [
      {
        principalId: Subject.toLowerCase(),
        credentialId: textOf(Credential)?.toLowerCase() ?? null,
        result: ResultType,
        times: Times,
        first,
        last,
        addresses: Addresses.toSorted(),
      },
    ];
  });
}
