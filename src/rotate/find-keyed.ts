import { z } from "zod";
import type { AzureFailure } from "../azure/failure.ts";
import type { Secret } from "../azure/secret.ts";
import { sideBySide } from "../azure/side-by-side.ts";
import { type Clues, type NamedResource, SERVERS, SITES } from "./clues.ts";
import { resourcesNamed, resourcesNear } from "./find-resources.ts";
import type { KeyedProvider } from "./provider.ts";
import { providerOf } from "./providers.ts";
import { foundAt, type Search, unknown } from "./search.ts";
import { holds } from "./secret-text.ts";
import type { RotationWork } from "./work.ts";

const MOST_ASKED = 200;
const AT_ONCE = 8;
const RULES_API = "2024-01-01";
const NAMESPACE = /\/providers\/Microsoft\.(?:ServiceBus|EventHub)\/namespaces\/[^/]+$/i;

/** The resource that a value names, if it holds one of its keys. Renewed since, it is nobody's any more, and that is said. */
export async function keyedNamed(work: RotationWork, clues: Clues, value: Secret): Promise<Search> {
  const named = namedIn(clues);
  if (named.length === 0) return unknown();
  const names = [...new Set(named.map(({ name }) => name))].join(", ");
  const rows = await resourcesNamed(work, named);
  if (rows.kind === "failed") return rows;
  const ids = rows.value.map(({ id }) => id).filter((id) => isMeant(id, clues));
  if (ids.length === 0) return unknown(`it names ${names}, which is no resource we can see`);
  return whoseKeyIsIn(work, ids, clues, value, `it names ${names}, and holds none of its keys`);
}

/** A resource that has keys like the one in the value, and has this very one. Asked by what is near the vault first. */
export async function keyedThatLook(work: RotationWork, clues: Clues, value: Secret): Promise<Search> {
  // What names a resource has been compared with that one; every other resource's keys need not be listed for it.
  if (namedIn(clues).length > 0) return unknown();
  if (clues.keysOf.length === 0) return unknown("its value looks like no key that Azure makes");
  const rows = await resourcesNear(work, clues.keysOf);
  if (rows.kind === "failed") return rows;
  const ids = rows.value.map(({ id }) => id);
  const asked = Math.min(ids.length, MOST_ASKED);
  return whoseKeyIsIn(
    work,
    ids.slice(0, MOST_ASKED),
    clues,
    value,
    `none of ${asked} resources whose keys look so lists it as a key${ids.length > asked ? `, and ${ids.length - asked} more were not asked` : ""}`,
  );
}

function namedIn({ resources, site }: Clues): readonly NamedResource[] {
  const keyed = resources.filter(({ types }) => !types.some((type) => SERVERS.some((it) => it === type)));
  if (site === null) return keyed;
  // Resource Graph calls a slot `site/slot`, ARM by its last name.
  const names = site.slot === null ? [site.name] : [`${site.name}/${site.slot}`, site.slot];
  return [...keyed, ...names.map((name) => ({ types: SITES, name }))];
}

/** A slot's name is only good below its own site. */
function isMeant(id: string, { site }: Clues): boolean {
  if (site === null || !/\/sites\//i.test(id)) return true;
  const path = site.slot === null ? `/sites/${site.name}` : `/sites/${site.name}/slots/${site.slot}`;
  return id.toLowerCase().endsWith(path.toLowerCase());
}

async function whoseKeyIsIn(
  work: RotationWork,
  ids: readonly string[],
  clues: Clues,
  value: Secret,
  otherwise: string,
): Promise<Search> {
  let match: Search | null = null;
  const unlisted: AzureFailure[] = [];
  await sideBySide(ids, AT_ONCE, async (id) => {
    if (match !== null) return;
    const holders = await keyHoldersOf(work, id, clues);
    if (holders.kind === "failed") unlisted.push(holders.failure);
    for (const holder of holders.kind === "ok" ? holders.ids : []) {
      const provider = providerOf(holder);
      if (match !== null || provider?.model !== "keyed") continue;
      const listed = await keyIn(work, provider, holder, value);
      if (listed.kind === "failed") unlisted.push(listed.failure);
      else if (listed.has) match ??= foundAt(provider.kind, holder, null, "value");
    }
  });
  if (match !== null) return match;
  // Whoever could not answer just now may be the one: nobody is called unknown for a moment's throttling.
  const passing = unlisted.find(({ retryable }) => retryable);
  if (passing !== undefined) return { kind: "failed", failure: passing };
  return unknown(
    unlisted.length === 0 ? otherwise : `${otherwise} (${unlisted.length} would not list their keys)`,
  );
}

/** The resource itself; of a messaging namespace, its rules, or the one that the value names. */
async function keyHoldersOf(
  { azure }: RotationWork,
  id: string,
  { rule }: Clues,
): Promise<
  | { readonly kind: "ok"; readonly ids: readonly string[] }
  | { readonly kind: "failed"; readonly failure: AzureFailure }
> {
  if (!NAMESPACE.test(id)) return { kind: "ok", ids: [id] };
  if (rule !== null) {
    const { name, entity } = rule;
    if (!/^[\w.-]+$/.test(name) || !/^[\w./-]+$/.test(entity ?? "x")) return { kind: "ok", ids: [] };
    const kinds = /Microsoft\.EventHub/i.test(id) ? ["eventhubs"] : ["queues", "topics"];
    const places = entity === null ? [id] : [...kinds.map((kind) => `${id}/${kind}/${entity}`), id];
    return { kind: "ok", ids: places.map((place) => `${place}/authorizationRules/${name}`) };
  }
  const rules = await azure.arm.list(`${id}/authorizationRules`, RULES_API, z.object({ id: z.string() }));
  return rules.kind === "failed"
    ? { kind: "failed", failure: rules.failure }
    : { kind: "ok", ids: rules.value.map((it) => it.id) };
}

async function keyIn(
  { azure }: RotationWork,
  provider: KeyedProvider,
  id: string,
  value: Secret,
): Promise<
  { readonly kind: "ok"; readonly has: boolean } | { readonly kind: "failed"; readonly failure: AzureFailure }
> {
  const listed = await provider.list(azure, id);
  if (listed.kind === "failed")
    return listed.failure.code === "NOT_FOUND"
      ? { kind: "ok", has: false }
      : { kind: "failed", failure: listed.failure };
  const has = listed.value.some((key) => holds(value, key.value));
  for (const key of listed.value) key.value.dispose();
  return { kind: "ok", has };
}
