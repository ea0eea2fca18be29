import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { isRefreshable } from "../case/secret-consumer.ts";
import type { Consumer } from "../scope/consumers/consumer.ts";
import type { StageWork } from "./at-hand.ts";
import { findCopies } from "./copies.ts";
import { type ConsumerCheck, goOn, type RotationState, type StageResult } from "./rotation.ts";
import type { RotationWork } from "./work.ts";

const API = "2023-12-01";
const LOOK_AGAIN_IN_MS = 3_000;
const MOST_LOOKS = 4;

const Reference = z.object({ properties: z.object({ activeVersion: z.string().nullish() }) });

/**
 * Has every site that refers to the secret look it up again, and checks that it got the new version; names everybody else
 * who takes it, and settings that hold a copy of the old value, for a person.
 */
export async function tellConsumers(work: StageWork, state: RotationState): Promise<StageResult> {
  const { journal, consumers } = work;
  const next = work.rotation.mode === "hygiene" ? "overlap" : "retire";
  if (state.newVersion === null) return goOn(state, next);
  if (state.looks === 0) await refresh(work, consumers.filter(isRefreshable));
  const others =
    state.looks === 0 ? [...forPerson(consumers), ...(await findCopies(work, state))] : state.consumers;
  const checks = await checked(work, state.newVersion);
  const all = [...checks, ...others.filter(({ state: is }) => !CHECKED.has(is))];
  if (checks.some((it) => it.state === "not-yet") && state.looks < MOST_LOOKS)
    return goOn({ ...state, consumers: all }, "tell", LOOK_AGAIN_IN_MS);
  for (const { resourceId, setting, kind, state: is } of all)
    journal.note("consumer", { resource: resourceId, kind, setting, state: is });
  return goOn({ ...state, consumers: all }, next);
}

const CHECKED: ReadonlySet<ConsumerCheck["state"]> = new Set(["refreshed", "not-yet", "unreadable"]);

async function refresh({ azure, journal }: RotationWork, sites: readonly Consumer[]): Promise<void> {
  for (const siteId of new Set(sites.map(({ resourceId }) => resourceId))) {
    await journal.intend("refresh-references", { siteId });
    // The one refresh there is looks up connection strings as well.
    const path = `${siteId}/config/configreferences/appsettings/refresh`;
    const asked = await azure.arm.post(path, API, {}, z.unknown());
    // The site looks by itself within a day; until then it goes on with the old value, and somebody has to know.
    if (asked.kind === "failed")
      journal.note("refresh-refused", { resource: siteId, code: asked.failure.code });
  }
}

async function checked(
  { azure, consumers }: RotationWork,
  newVersion: string,
): Promise<readonly ConsumerCheck[]> {
  const checks: ConsumerCheck[] = [];
  for (const { kind, resourceId, setting } of consumers.filter(isRefreshable)) {
    const list = kind === "connection-string" ? "connectionstrings" : "appsettings";
    const path = `${resourceId}/config/configreferences/${list}/${encodeURIComponent(setting)}`;
    checks.push({ kind, resourceId, setting, state: stateOf(await readReference(azure, path), newVersion) });
  }
  return checks;
}

function forPerson(consumers: readonly Consumer[]): readonly ConsumerCheck[] {
  return consumers
    .filter((it) => !isRefreshable(it))
    .map(({ kind, resourceId, setting, version }) => ({
      kind,
      resourceId,
      setting,
      state: version === null ? "person" : "pinned",
    }));
}

function stateOf(
  seen: Awaited<ReturnType<typeof readReference>>,
  newVersion: string,
): ConsumerCheck["state"] {
  if (seen.kind === "failed") return "unreadable";
  return seen.value.properties.activeVersion === newVersion ? "refreshed" : "not-yet";
}

function readReference(azure: Azure, path: string) {
  return azure.arm.get(path, API, Reference);
}
