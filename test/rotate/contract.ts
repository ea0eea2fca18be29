import { expect } from "vitest";
import type { RotationMode } from "../../src/rotate/rotation.ts";
import { MARK_TAG } from "../../src/rotate/work.ts";
import type { Staged, Subject } from "./contract-subjects.ts";
import { type PoweredWork, rotate, type RotatedTenant } from "./rotated-tenant.ts";

type Ended = Awaited<ReturnType<typeof rotate>>;

/** Both, where they differ; `one` for a kind of provider whose model another stands for. */
export function modesOf(
  { overlaps, standsForItsModel }: Subject,
  one: RotationMode,
): readonly RotationMode[] {
  if (!overlaps) return ["incident"];
  return standsForItsModel ? ["incident", "hygiene"] : [one];
}

let runs = 0;

/** A secret of its own for one run, and what the run's end is compared with. */
export async function staged(house: RotatedTenant, subject: Subject, mode: RotationMode) {
  runs += 1;
  const name = `it-${runs}`;
  const it = await subject.stage(house, name);
  const before = it.credentials();
  const work = (more: { readonly id?: string; readonly campaign?: string } = {}) =>
    house.work(name, { mode, campaign: `case-${name}`, ...more });
  return { house, subject, mode, name, it, before, work };
}
type Run = Awaited<ReturnType<typeof staged>>;

/** The credential within a value of the secret. */
async function credentialIn(it: Staged, value: string): Promise<string> {
  const [before = "", after = ""] = it.valueWith("\u2603").split(/\u2603|%E2%98%83/);
  expect(value.startsWith(before) && value.endsWith(after), "its form is as it was").toBe(true);
  const part = value.slice(before.length, value.length - after.length);
  return (await it.takes(part)) ? part : decodeURIComponent(part);
}

/** A rotation that came to its end: old dead, new good, one version enabled, everything carried over. */
export async function expectWhole(
  { house, subject, mode, name, it, before }: Run,
  ended: Ended,
  at = "",
): Promise<void> {
  const { ending } = ended;
  expect(ending, at).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
  const versions = house.versions(name);
  const made = versions.at(-1);
  const credential = await credentialIn(it, made?.value ?? "");
  expect(credential, at).not.toBe(it.old);
  expect(await it.takes(it.old), `${at}: the old one is taken`).toBe(false);
  expect(await it.takes(credential), `${at}: the new one is refused`).toBe(true);
  expect(
    versions.filter(({ enabled }) => enabled),
    at,
  ).toEqual([made]);
  expect(made?.contentType, at).toBe("text/plain");
  // Whatever came in between: nothing is published twice, and the rotation knows its own.
  expect(versions, at).toHaveLength(2);
  expect(made?.tags?.[MARK_TAG], at).toBeDefined();
  const { CredentialId: _, ...kept } = it.tags;
  expect(made?.tags, at).toMatchObject(kept);
  const lifeInDays = ((made?.expires ?? 0) - house.tenant.tenant.clock.now()) / 86_400_000;
  expect(Math.round(lifeInDays), at).toBe(60);
  if (mode === "incident") {
    const after = it.credentials();
    for (const key of subject.renews ?? []) {
      const known = key.toLowerCase();
      expect(after[known], `${at}: ${key} is as it was`).not.toBe(before[known]);
    }
  }
  // Nothing is left behind: of a shared thing's client secrets one came and one went.
  if (subject.renews === null) {
    expect(Object.keys(it.credentials()).toSorted(), at).toEqual(
      [
        ...Object.keys(before).filter((keyId) => keyId !== it.tags["CredentialId"]),
        made?.tags?.["CredentialId"] ?? "",
      ].toSorted(),
    );
  }
}

/** What it says of itself is so, or is said to be unknown. */
export async function expectExact(
  { house, name, it, before }: Run,
  { ending }: Ended,
  at: string,
): Promise<void> {
  const { outcome } = ending;
  if (outcome.kind !== "failed") throw new Error(`${at}: it ended as ${outcome.kind}`);
  const seen = outcome.evidence.seen ?? {};
  const after = it.credentials();
  const changed = Object.keys(after).filter(
    (key) => after[key] !== before[key] && !key.includes("keys.") && !key.startsWith("master"),
  );
  const said = (seen["renewedAtProvider"] ?? "").toString().split(", ").filter(Boolean);
  const perhaps = (seen["perhaps"] ?? "").toString().toLowerCase();
  const unsaid = changed.filter(
    (key) =>
      !said.some((renewed) => renewed.toLowerCase() === key.toLowerCase()) &&
      !perhaps.includes(key.toLowerCase()),
  );
  expect(
    unsaid.length === 0 || perhaps.includes("client secret"),
    `${at}: renewed and not said: ${unsaid.join()}`,
  ).toBe(true);
  expect(
    said.filter((key) => !changed.some((renewed) => renewed.toLowerCase() === key.toLowerCase())),
    `${at}: said`,
  ).toEqual([]);
  const ours = house
    .versions(name)
    .filter(({ tags }) => tags?.[MARK_TAG] !== undefined)
    .at(-1);
  if (perhaps !== "publish") expect(seen["published"], at).toBe(ours?.version ?? null);
  const isOldEnabled = house
    .versions(name)
    .some((version) => version.enabled && version.value === it.valueWith(it.old));
  if (seen["oldVersions"] !== "not known")
    expect(seen["oldVersions"], at).toBe(isOldEnabled ? "enabled" : "disabled");
  const isTaken = await it.takes(it.old);
  const old = (seen["oldValue"] ?? "").toString();
  if (!old.startsWith("not known") && old !== "as it was")
    expect(old.startsWith(isTaken ? "still taken" : "refused"), `${at}: old ${old}`).toBe(true);
  if (old === "as it was") expect(isTaken, at).toBe(true);
}

/** Neither the issuer nor the vault has anything that it had not before. */
export async function expectUntouched({ house, name, it, before }: Run): Promise<void> {
  expect(it.credentials()).toEqual(before);
  expect(house.versions(name)).toHaveLength(1);
}

export const SERVICES = ["arm", "graph", "key-vault"] as const;

/** The service that gave an answer. */
export function serviceOf(answer: string): (typeof SERVICES)[number] {
  return answer.startsWith("arm.") ? "arm" : answer.startsWith("graph.") ? "graph" : "key-vault";
}

/** The calls of an undisturbed rotation. */
export async function callsOf(
  house: RotatedTenant,
  subject: Subject,
  mode: RotationMode,
): Promise<readonly string[]> {
  const run = await staged(house, subject, mode);
  const work = run.work();
  await expectWhole(run, await rotate(work), `${mode}, undisturbed`);
  return work.answers;
}

/** All of them; for a kind of provider whose model another stands for, the first of each sort. */
export function tellingCalls(
  { standsForItsModel }: Subject,
  calls: readonly string[],
): readonly (readonly [nth: number, call: string])[] {
  return calls
    .map((call, index) => [index + 1, call] as const)
    .filter(([nth, call]) => standsForItsModel || calls.indexOf(call) === nth - 1);
}

/** Before the nth call of a rotation something happens. */
export function beforeCall(work: PoweredWork, nth: number, happens: () => void): void {
  if (nth === 1) happens();
  else {
    work.onAnswer = (count) => {
      if (count === nth - 1) happens();
    };
  }
}
