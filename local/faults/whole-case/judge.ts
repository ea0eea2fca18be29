import type { Effect } from "./effects.ts";
import type { Entry } from "./entries.ts";

/** Entries there is at most one of in a case that is watched once and put back once. */
const ONCE = ["opened", "worm-status", "watch-started", "restore-asked"] as const;

/** What of the record and the effects is not as promised, a line each. Pure. */
export function wrongIn(entries: readonly Entry[], effects: readonly Effect[]): readonly string[] {
  return [...wrongInRecord(entries), ...wrongInEffects(entries, effects)];
}

/** Of one case's record. */
export function wrongInRecord(entries: readonly Entry[]): readonly string[] {
  const wrong: string[] = [];
  const ids = entries.flatMap(({ id, type }) => (id === undefined || type === "checkpoint" ? [] : [id]));
  if (new Set(ids).size !== ids.length) wrong.push("an entry stands twice");
  for (const type of ONCE) {
    const count = entries.filter((it) => it.type === type).length;
    if (count > 1) wrong.push(`${count} entries ${type}`);
  }
  const answered = entries
    .filter(({ type }) => type === "decision-made")
    .map(({ data }) => data["planDigest"]);
  if (new Set(answered).size !== answered.length) wrong.push("a question was answered twice");
  const intended = new Set<string>();
  const ended = new Set<string>();
  for (const { type, data } of entries) {
    const attempt = attemptOf(data);
    if (type === "intent") intended.add(attempt);
    if (type !== "outcome" && type !== "restore") continue;
    ended.add(attempt);
    if (!intended.has(attempt)) wrong.push(`an outcome without intent: ${attempt}`);
  }
  for (const attempt of intended)
    if (!ended.has(attempt)) wrong.push(`an intent without outcome: ${attempt}`);
  return wrong;
}

function attemptOf(data: Entry["data"]): string {
  const { planDigest, requestId, stepId, attempt } = data;
  return [planDigest ?? requestId, stepId, attempt].map(String).join(" ");
}

/** An assignment's own id is enough to remove it. */
const IMPLIED_PRINCIPAL = new Set(["remove-role-assignment", "remove-directory-role"]);

/** One step's intents and outcomes over time, and what has to be said of an effect for it to be the step's. */
interface Doing {
  readonly ids: readonly string[];
  readonly isRestore: boolean;
  readonly intents: number[];
  readonly outcomes: number[];
}

/** Of a tenant's effects, by everything that was recorded meanwhile. */
export function wrongInEffects(entries: readonly Entry[], effects: readonly Effect[]): readonly string[] {
  const doings = doingsIn(entries);
  const rotations = entries.filter(
    ({ type, data }) => type === "rotation-stage" && data["phase"] === "intent",
  );
  const wrong = new Set<string>();
  for (const effect of effects) {
    const of = doings.filter((it) => isOf(effect, it));
    const open = of.some(
      ({ intents, outcomes }) =>
        intents.filter((at) => at <= effect.at).length > outcomes.filter((at) => at < effect.at).length,
    );
    if (open || rotations.some((it) => Date.parse(it.at) <= effect.at && isOfRotation(effect, it))) continue;
    wrong.add(
      of.length === 0
        ? `an effect that nothing on record intends: ${effect.operation}`
        : `an effect outside intent and outcome: ${effect.operation}`,
    );
  }
  return [...wrong];
}

function doingsIn(entries: readonly Entry[]): readonly Doing[] {
  const doings = new Map<string, Doing>();
  for (const { type, at, data } of entries) {
    if (type !== "intent" && type !== "outcome" && type !== "restore") continue;
    const { planDigest, requestId, stepId, kind, target } = data;
    const key = [planDigest ?? requestId, stepId].map(String).join(" ");
    const known = doings.get(key) ?? {
      ids: idsIn(target, String(kind)),
      isRestore: String(kind).startsWith("restore:"),
      intents: [],
      outcomes: [],
    };
    doings.set(key, known);
    if (type === "intent") known.intents.push(Date.parse(at));
    else known.outcomes.push(Date.parse(at));
  }
  return [...doings.values()];
}

/** Ids among a target's values: GUIDs, ARM ids, hosts, and what is long enough to be an id of Graph's own making. */
function idsIn(target: unknown, kind = ""): readonly string[] {
  if (typeof target !== "object" || target === null) return [];
  return Object.entries(target)
    .filter(([name]) => !(name === "principalId" && IMPLIED_PRINCIPAL.has(kind)))
    .map(([, value]: [string, unknown]) => value)
    .filter((it) => typeof it === "string")
    .flatMap((it) => {
      if (it.startsWith("https://")) return [new URL(it).host];
      return /^[0-9a-f-]{36}$/i.test(it) || it.startsWith("/") || /^[\w-]{40,}$/.test(it)
        ? [it.toLowerCase()]
        : [];
    });
}

/** A cut says every id of its target; what is put back may have got a new id, and says the others. */
function isOf({ text }: Effect, { ids, isRestore }: Doing): boolean {
  if (ids.length === 0) return false;
  return isRestore ? ids.some((id) => text.includes(id)) : ids.every((id) => text.includes(id));
}

/** Which requests each intended effect of a rotation shows as. */
const ROTATION_EFFECTS: Readonly<Record<string, RegExp>> = {
  regenerate: /\/regenerate\w*|\/newpassword/,
  "set-password": /\/(servers|flexibleservers)\//,
  publish: /^[\w-]+\.vault\.azure\.net\/secrets\/[^/]+/,
  "disable-version": /^[\w-]+\.vault\.azure\.net\/secrets\/[^/]+\/[^/]+/,
  "add-client-secret": /\/addpassword/,
  "remove-old": /\/removepassword/,
  "remove-orphan": /\/removepassword/,
  "remove-unproved": /\/removepassword/,
  "remove-unpublished": /\/removepassword/,
  unlock: /\/v1\.0\/applications\//,
  "lock-again": /\/v1\.0\/applications\//,
};

function isOfRotation({ text }: Effect, { data }: Entry): boolean {
  const { effect, details, secret } = data;
  const shown = ROTATION_EFFECTS[String(effect)];
  if (shown === undefined || !shown.test(text)) return false;
  const name = typeof secret === "object" && secret !== null && "name" in secret ? String(secret.name) : "";
  if (text.includes(".vault.azure.net/")) return text.includes(`/secrets/${name.toLowerCase()}`);
  return idsIn(details).every((id) => text.includes(id));
}
