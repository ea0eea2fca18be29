import { operationOf } from "./answer.ts";
import type { StageWork } from "./at-hand.ts";
import { seeBase } from "./next-value.ts";
import type { KeyedProvider } from "./provider.ts";
import { propertiesFrom, publishVersion } from "./publish-version.ts";
import {
  failedAt,
  failedWith,
  type FoundProvider,
  goOn,
  pauseAfter,
  type RotationMode,
  type RotationState,
  type StageResult,
} from "./rotation.ts";
import { spelled } from "./spelling.ts";
import { placeIn } from "./value-frame.ts";
import { isOurs } from "./versions.ts";
import { failure, holderOf } from "./work.ts";

const HOLD_IN_MS = 15 * 60_000;

/**
 * Regenerates what has to be regenerated. Incident: the leaked key first, then those that leak with it. Hygiene: only the
 * alternate. A key that another secret's rotation of the same plan regenerated is not regenerated again, or that
 * secret's new value would be dead.
 */
export async function createKeyed(
  work: StageWork,
  state: RotationState,
  found: FoundProvider,
  provider: KeyedProvider,
): Promise<StageResult> {
  const { rotation, ledger } = work;
  const leaked = found.credential;
  if (leaked === null) throw new TypeError("a key was not identified");
  const before = await ledger.regenerated(found.resourceId, rotation.campaign);
  const published = await publishedKey(work, provider);
  const plan = dueKeys(provider, { leaked, published, mode: rotation.mode, done: before });
  if (state.pending === null && plan.due.every((key) => before.includes(key))) {
    return goOn({ ...state, newCredential: plan.toPublish, regenerated: plan.due }, "publish");
  }
  const held = await ledger.hold(found.resourceId, holderOf(rotation), HOLD_IN_MS);
  if (held.kind === "busy") return goOn(state, "create", pauseAfter(state.looks));
  // Another one may have been at it until just now.
  const done = await ledger.regenerated(found.resourceId, rotation.campaign);
  const { toPublish, due } = dueKeys(provider, { leaked, published, mode: rotation.mode, done });
  const result = await regenerateAll(work, { ...state, newCredential: toPublish }, provider, { due, done });
  if (result.kind !== "done") return result.result;
  await ledger.release(found.resourceId, holderOf(rotation));
  return goOn(result.state, "publish");
}

/** The key in the version that an earlier try of this rotation published, which stays the one. */
async function publishedKey(work: StageWork, provider: KeyedProvider): Promise<string | null> {
  if (work.rotation.mode === "incident") return null;
  const current = await work.atHand.newest();
  if (current.kind === "failed" || !isOurs(work, current.value.is)) return null;
  const credential = current.value.is.tags["CredentialId"];
  return credential === undefined ? null : spelled(provider, credential);
}

/** Which keys have to be regenerated before which one is published, when these were already. Pure. */
function dueKeys(
  provider: KeyedProvider,
  {
    leaked,
    published,
    mode,
    done,
  }: {
    readonly leaked: string;
    readonly published: string | null;
    readonly mode: RotationMode;
    readonly done: readonly string[];
  },
): { readonly toPublish: string; readonly due: readonly string[] } {
  if (mode === "incident")
    return { toPublish: leaked, due: [leaked, ...others(provider.leakedWith(leaked), leaked)] };
  const alternate = provider.alternate(leaked);
  const toPublish = published ?? (alternate !== null && !done.includes(leaked) ? alternate : leaked);
  return { toPublish, due: [toPublish] };
}

function others(keys: readonly string[], key: string): readonly string[] {
  return keys.filter((it) => it !== key);
}

export type Regenerated =
  | { readonly kind: "done"; readonly state: RotationState }
  | { readonly kind: "stopped"; readonly result: StageResult };

/** Regenerates these keys one after another, waiting out operations. Done ones are left alone. */
export async function regenerateAll(
  work: StageWork,
  state: RotationState,
  provider: KeyedProvider,
  keys: { readonly due: readonly string[]; readonly done: readonly string[] },
): Promise<Regenerated> {
  const { azure, rotation, ledger, journal } = work;
  const resourceId = state.found?.resourceId ?? "";
  let at = state;
  const done = new Set(keys.done);
  const finish = async (key: string) => {
    work.atHand.forgetKeys();
    await ledger.markRegenerated(resourceId, rotation.campaign, key);
    done.add(key);
    at = { ...at, pending: null, unanswered: null, regenerated: [...new Set([...at.regenerated, key])] };
    journal.note("regenerated", { key });
  };

  if (at.pending !== null) {
    const operation = await azure.arm.operation(at.pending.operation);
    if (operation.kind === "failed") return stopped(failedWith(at, operation.failure));
    switch (operation.value.state) {
      case "running":
        return stopped(goOn(at, at.stage, pauseAfter(at.looks)));
      case "failed":
        return stopped(failedWith({ ...at, pending: null }, failure("UNAVAILABLE", true)));
      case "succeeded":
        await finish(at.pending.key);
        break;
      default:
        return operation.value.state satisfies never;
    }
  }
  for (const key of keys.due) {
    if (done.has(key)) {
      // By a run of this activity that never got to say so, or for another secret of the case.
      at = { ...at, regenerated: [...new Set([...at.regenerated, key])] };
      continue;
    }
    await journal.intend("regenerate", { key });
    const answer = await provider.regenerate(azure, resourceId, key);
    if (answer.kind === "failed") return stopped(failedAt(`regenerate ${key}`, at, answer.failure));
    const operation = operationOf(answer);
    if (operation !== null) {
      journal.note("regenerating", { key, requestId: answer.requestId });
      return stopped(goOn({ ...at, pending: { key, operation } }, at.stage, pauseAfter(0)));
    }
    await finish(key);
  }
  return { kind: "done", state: at };
}

function stopped(result: StageResult): Regenerated {
  return { kind: "stopped", result };
}

/** Publishes the new key in the place the old one had, once the provider's own list has it. */
export async function publishKeyed(
  work: StageWork,
  state: RotationState,
  found: FoundProvider,
  provider: KeyedProvider,
): Promise<StageResult> {
  const { azure, rotation, journal } = work;
  const listed = await work.atHand.keys(provider, found.resourceId);
  if (listed.kind === "failed") return failedWith(state, listed.failure);
  const key = listed.value.find(({ name }) => name === state.newCredential);
  if (key === undefined) return failedWith(state, failure("UNEXPECTED", false));
  const proofOfNew = `${found.resourceId} lists it as ${key.name}`;
  // Somebody else's version meanwhile may be built otherwise.
  const seen = await seeBase(work, state, (value, is) =>
    is.version === state.oldVersion && state.place !== null
      ? state.place
      : placeIn(
          value,
          listed.value.map((it) => it.value),
        ),
  );
  if (seen.kind === "stopped") return seen.result;
  const { base } = seen;
  if (isOurs(work, base.is) && base.is.version !== null && base.holds(key.value)) {
    journal.note("published", { version: base.is.version, again: true });
    return goOn({ ...state, newVersion: base.is.version, proofOfNew }, "tell");
  }
  using next = base.with(key.value);
  const published = await publishVersion(
    work,
    state,
    next,
    propertiesFrom(base.is, rotation, azure.now(), { credential: key.name, provider: found.resourceId }),
  );
  if (published.kind === "stopped") return published.result;
  journal.note("proved-new", { by: "the provider's list of keys", key: key.name });
  return goOn({ ...state, newVersion: published.version, proofOfNew }, "tell");
}
