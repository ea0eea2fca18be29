import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { apiClient, type CallApi } from "../../local/run/api-client.ts";
import { type House, startHouse } from "../../local/run/house.ts";
import { bodyOf, FIXTURES, onlyIntake, smallNames } from "./sample-alerts.ts";

const Opened = z.object({ caseId: z.string(), cases: z.array(z.object({ caseId: z.string() })) });
const Seen = z.object({
  status: z.string(),
  outcome: z.string().nullable(),
  trigger: z.string(),
  reason: z.string().nullable(),
  principals: z.array(z.object({ name: z.string(), kind: z.string() })),
  steps: z.object({ applied: z.number() }),
});
const ScopeSeen = z.object({
  principals: z.array(
    z.object({
      principal: z.object({ objectId: z.string() }),
      certainty: z.string(),
      passwords: z.array(z.object({ keyId: z.string(), evidence: z.object({ leaked: z.boolean() }) })),
      roleAssignments: z.array(z.unknown()),
    }),
  ),
  reach: z.array(z.unknown()),
  activity: z.array(z.object({ address: z.string().nullable(), suspicious: z.boolean() })),
  limitations: z.array(z.object({ about: z.string(), code: z.string() })),
});
const Entry = z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) });

const names = smallNames(Date.now());
const deploy = names.guid("servicePrincipal", "deploy");
const leakedKey = names.guid("keyId", "deploy.leaked");
const secrets = ["deploy.leaked", "billing.current"].map((name) => names.secret("keyId", name));
/** These name nobody that can be cut: a cluster that is not there, secrets to be rotated. */
const WITHOUT_SUSPECT = new Set(["defender-aks", "key-vault-event-grid", "key-vault-cloud-event"]);
const LEAKS = new Set(["github-secret-scanning", "gitleaks", "trufflehog", "workload-identity-risk"]);

/** These say where the attacker was. */
const SEEN_AT_ADDRESS = new Set(FIXTURES.filter((name) => onlyIntake(bodyOf(name)).addresses.length > 0));

const folder = mkdtempSync(join(tmpdir(), "tourniquet-intake-"));
let house: House;
let call: CallApi;

beforeAll(async () => {
  house = await startHouse({ folder, scenario: "small", delays: 0, fresh: true });
  call = apiClient(house.api, house.callers);
  // The leaked secret is in use: that is what timelines are to show.
  await house.ask("attack");
  for (let tries = 0; tries < 5;) {
    tries = (await house.ask("seen"))?.adversary?.attempts ?? 0;
  }
}, 90_000);

afterAll(async () => {
  await house?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

async function untilOver(caseId: string): Promise<z.infer<typeof Seen>> {
  for (;;) {
    const seen = Seen.parse((await call("reader", "GET", `/cases/${caseId}`)).body);
    if (seen.status === "closed") return seen;
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function recordOf(caseId: string) {
  const { text } = await call("reader", "GET", `/cases/${caseId}/record`);
  return {
    text,
    entries: text
      .trim()
      .split("\n")
      .map((line) => Entry.parse(JSON.parse(line))),
  };
}

describe("an alert that is posted only to be observed", () => {
  test.each(FIXTURES.filter((name) => !WITHOUT_SUSPECT.has(name)))(
    "%s becomes a case with the suspect's scope, timeline and snapshot, and nothing is changed",
    async (name) => {
      const posted = await call("playbook", "POST", "/incidents?mode=observe", bodyOf(name, names));
      expect(posted.status, posted.text).toBe(202);
      const { caseId } = Opened.parse(posted.body);
      const seen = await untilOver(caseId);
      expect(seen).toMatchObject({ outcome: "observed", steps: { applied: 0 } });
      expect(seen.principals).toHaveLength(1);

      const answer = await call("reader", "GET", `/cases/${caseId}/scope`);
      expect(answer.status, answer.text).toBe(200);
      const scope = ScopeSeen.parse(answer.body);
      const [suspect] = scope.principals;
      expect(scope.principals.map((it) => it.principal.objectId)).toEqual([deploy]);
      expect(suspect?.certainty).toBe("named");
      expect(suspect?.roleAssignments).toHaveLength(2);
      expect(scope.reach).not.toEqual([]);
      const foreign = scope.activity.filter(({ address }) => address === "203.0.113.50");
      expect(foreign).not.toEqual([]);
      // Nothing usual is known of this principal: only what the alert says tells its attacker from itself.
      expect(foreign.every(({ suspicious }) => suspicious === SEEN_AT_ADDRESS.has(name))).toBe(true);
      const leaked = suspect?.passwords.flatMap((it) => (it.evidence.leaked ? [it.keyId] : []));
      expect(leaked).toEqual(LEAKS.has(name) ? [leakedKey] : []);

      const record = await recordOf(caseId);
      expect(record.entries.map(({ type }) => type)).toEqual(expect.arrayContaining(["opened", "snapshot"]));
      expect(record.entries.some(({ type }) => type === "intent")).toBe(false);
      for (const text of [record.text, answer.text]) {
        for (const secret of secrets) expect(text).not.toContain(secret.slice(3, 12));
      }

      const again = await call("playbook", "POST", "/incidents?mode=observe", bodyOf(name, names));
      expect(Opened.parse(again.body).caseId).toBe(caseId);
    },
  );

  test.each([...WITHOUT_SUSPECT])("%s becomes a case that says why nobody is suspected", async (name) => {
    const posted = await call("playbook", "POST", "/incidents?mode=observe", bodyOf(name, names));
    expect(posted.status, posted.text).toBe(202);
    const seen = await untilOver(Opened.parse(posted.body).caseId);
    expect(seen.principals).toEqual([]);
    expect(seen.reason ?? "").not.toBe("");
  });
});

describe("what is no alert", () => {
  test.each([
    [{ hello: "world" }, 422, "UNRECOGNISED"],
    [{ SystemAlertId: "1", AlertDisplayName: "[SAMPLE ALERT] x" }, 422, "SAMPLE_ALERT"],
    [JSON.parse('{"a":{"__proto__":{"x":1}}}'), 422, "HOSTILE_BODY"],
    [{ SystemAlertId: "x".repeat(5_000_000) }, 413, "TOO_LARGE"],
  ])("is refused with its reason (%#)", async (body, status, code) => {
    const answer = await call("playbook", "POST", "/incidents", body);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(code);
  });

  test("leaves no leaked value in the host's log", () => {
    const log = readFileSync(house.logs.host, "utf8");
    for (const secret of secrets) expect(log).not.toContain(secret.slice(3, 12));
  });
});
