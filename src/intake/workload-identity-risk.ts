import type { Subject } from "../case/subject.ts";
import { type AlertKind, refuse } from "./alert.ts";
import { distinct } from "./entity-subjects.ts";
import { guidOf } from "./guid.ts";
import { severityOf, windowOf } from "./window.ts";

/** States in which Entra itself says that there is nothing left to do. */
const OVER = new Set(["remediated", "dismissed", "confirmedsafe"]);

/** A risk detection of Entra ID Protection for workload identities. It names the suspect credential, too. */
export const workloadIdentityRisk: AlertKind = {
  name: "workload-identity-risk",
  knownBy: "servicePrincipalId and riskEventType",
  recognises: (body) => body.at("servicePrincipalId").exists && body.at("riskEventType").exists,

  read(body, now) {
    const id = body.at("id").text();
    if (id === null || id === "") return refuse("MALFORMED", "The detection has no id.");
    const state = (body.at("riskState").text() ?? "").toLowerCase();
    if (OVER.has(state)) return refuse("RESOLVED_ALERT", `The risk is ${state}.`);
    const guid = (key: string): Subject[] => {
      const member = body.at(key);
      const value = guidOf(member.text());
      return value === null ? [] : [{ kind: "guid", value, seenAt: member.path, role: "suspect" }];
    };
    const address = body.at("ipAddress").text();
    return {
      kind: "cases",
      intakes: [
        {
          trigger: "workload-identity-risk",
          deliveredAs: `risk-detection ${id.toLowerCase()}`,
          title: `Entra: ${body.at("riskEventType").text() ?? "risk"} on ${body.at("servicePrincipalDisplayName").text() ?? "a service principal"}`,
          severity: severityOf(body.at("riskLevel")),
          subjects: distinct([...guid("servicePrincipalId"), ...guid("appId")]),
          resourceIds: [],
          keyIds: body
            .at("keyIds")
            .items()
            .flatMap((it) => guidOf(it.text()) ?? []),
          addresses: address === null || address === "" ? [] : [address],
          window: windowOf(
            body.at("activityDateTime"),
            body.at("detectedDateTime"),
            body.at("detectedDateTime"),
            now,
          ),
          incident: null,
          unread: [],
        },
      ],
    };
  },
};
